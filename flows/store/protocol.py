"""The store: blobs by content digest, and one small record a finished clip, written last and never overwritten.

    blobs/<aa>/<sha256>          any file: assets, clips, latents, frames
    clips/<aa>/<fingerprint>.json  what came out of one clip of the plan (`ClipRecord`)
    ledger/*.parquet, plans/*.json, ...  notes: small named files that may be replaced (`flows.ledger`, `flows.resolve`)

A record names its blobs by digest, so a record that exists promises a finished clip. Implementations:
`flows.store.local` (a folder); a bucket speaks the same protocol.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRecord:
    """One rendered clip.

    Digests (sha256, hex) of: `video` the frames without loss (FFV1 in Matroska), `latents` final latents
    (safetensors), `last_frame` (PNG), `thumbnail` (JPEG, for reports). `scores` are named, higher is better;
    `scores["quality"]` decides between takes (`flows.store.choice`). `seconds` maps a stage (`load`, `encode`,
    `denoise`, `decode`, `write`) to its duration. `placement` says where the models lived, which decides no pixel;
    `determinism` what another machine must have to draw the same bits (device, torch, attention kernel). `spec` is the
    clip's fingerprinted content.
    """

    fingerprint: str
    video: str
    latents: str
    last_frame: str
    thumbnail: str
    num_frames: int
    fps: float
    width: int
    height: int
    seed: int
    scores: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_memory_bytes: int = 0
    worker: str = ""
    created: str = ""
    placement: str = ""
    determinism: str = ""
    spec: Mapping[str, object] = field(default_factory=dict)

    @property
    def quality(self) -> float:
        """What clips are judged by; of takes, see `flows.store.choice`."""
        return self.scores.get("quality", 0.0)

    @property
    def blobs(self) -> tuple[str, ...]:
        """Digests of every blob this record promises."""
        return (self.video, self.latents, self.last_frame, self.thumbnail)


class Store(Protocol):
    """What the planner, the workers and the editor need of a store. All methods raise `flows.errors.StoreError`."""

    @property
    def address(self) -> str:
        """Opens the same store from another process: `flows.store.open_store(address)`."""
        ...

    def put_bytes(self, data: bytes) -> str:
        """File `data` under its digest, which is returned; nothing happens if it is there."""
        ...

    def put_file(self, path: Path, digest: str | None = None) -> str:
        """File a copy of `path` under its digest (computed unless given, and always checked while copying).

        Raises `MediaError` when it cannot be read, or has changed since its digest was taken.
        """
        ...

    def read(self, digest: str) -> bytes:
        """The blob's bytes, checked. Raises `BlobMissing` or `BlobCorrupt`."""
        ...

    def local_path(self, digest: str) -> Path:
        """A readable local file with the blob's bytes, checked, for programs that want a path. Never write to it."""
        ...

    def record(self, fingerprint: str) -> ClipRecord | None:
        """The record of a finished clip, or None."""
        ...

    def finished(self, fingerprints: Collection[str]) -> frozenset[str]:
        """Which of these have a record. One listing, not one look-up each: plans ask for tens of thousands."""
        ...

    def fingerprints(self) -> frozenset[str]:
        """All fingerprints that have a record, by listing."""
        ...

    def publish(self, record: ClipRecord) -> ClipRecord:
        """Write the record if there is none, else leave it. Returns the one that stands."""
        ...

    def intact(self, record: ClipRecord) -> bool:
        """Whether every blob of the record is there with the right digest."""
        ...

    def discard(self, fingerprint: str) -> None:
        """Forget a record (its blobs were found missing or altered), so that the clip is rendered again."""
        ...

    def put_note(self, name: str, data: bytes) -> None:
        """Write a note (`folder/name.ext`), whole or not at all; one of that name is replaced."""
        ...

    def add_note(self, name: str, data: bytes) -> bool:
        """Write a note if there is none of that name, else leave it. Whether it was written."""
        ...

    def note(self, name: str) -> bytes | None:
        """A note's bytes, or None. They are not checked: whoever reads must cope with damage."""
        ...

    def notes(self, folder: str) -> tuple[str, ...]:
        """Names of the notes in a folder, sorted, each with the folder in front."""
        ...

    def drop_note(self, name: str) -> None:
        """Forget a note; nothing happens if there is none."""
        ...

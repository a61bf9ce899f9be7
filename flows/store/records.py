"""What came out of one clip of the plan, as it lies in a store, and what a damaged one looks like."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRecord:
    """One rendered clip.

    Digests (sha256, hex) of: `video` the frames without loss (FFV1 in Matroska), `latents` final latents
    (safetensors), `last_frame` (PNG), `thumbnail` (JPEG, for reports). `scores` are named, higher is better;
    `scores["quality"]` decides between takes (`flows.store.choice`). `seconds` maps a stage (`load`, `encode`,
    `denoise`, `decode`, `write`) to its duration. `placement` says where the models lived, which decides no pixel,
    `members` how many processes rendered it together, each on a GPU of its own if on any;
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
    members: int = 1
    spec: Mapping[str, object] = field(default_factory=dict)

    @property
    def quality(self) -> float:
        """What clips are judged by; of takes, see `flows.store.choice`."""
        return self.scores.get("quality", 0.0)

    @property
    def blobs(self) -> tuple[str, ...]:
        """Digests of every blob this record promises."""
        return (self.video, self.latents, self.last_frame, self.thumbnail)


_FIELDS = {field.name: field for field in dataclasses.fields(ClipRecord)}
_REQUIRED = frozenset(
    name
    for name, field in _FIELDS.items()
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
)


def record_to_json(record: ClipRecord) -> bytes:
    """The record as it lies in a store, UTF-8."""
    values = {name: getattr(record, name) for name in _FIELDS}
    values["scores"], values["seconds"], values["spec"] = dict(record.scores), dict(record.seconds), dict(record.spec)
    return json.dumps(values, ensure_ascii=False, sort_keys=True, indent=1).encode()


def record_from_json(data: bytes) -> ClipRecord:
    """The record of those bytes. Keys of later versions are left out. Raises ValueError when it is damaged."""
    values = json.loads(data)
    if not isinstance(values, dict):
        raise ValueError("a clip's record is a JSON object")
    missing = _REQUIRED - values.keys()
    if missing:
        raise ValueError(f"a clip's record lacks {', '.join(sorted(missing))}")
    return ClipRecord(**{name: value for name, value in values.items() if name in _FIELDS})

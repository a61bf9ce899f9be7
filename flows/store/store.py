"""The store: blobs by digest, and one small record a finished clip, written last and never overwritten.

A record names its blobs by digest, so a record that exists promises a finished clip. Where things lie is known to
`flows.store.layout`, how they are kept to a `flows.store.backend`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from flows.errors import EnvironmentProblem, MediaError, StoreError
from flows.store.backend import Backend
from flows.store.layout import (
    BLOBS,
    CHECKPOINTS,
    RECORDS,
    blob_key,
    is_checkpoint_of,
    is_note,
    note_key,
    record_key,
)
from flows.store.records import ClipRecord, record_from_json, record_to_json
from wan.system.digests import file_digest
from wan.system.mounts import may_be_shared

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stock:
    """`records`: finished clips; `blobs`, and their bytes."""

    records: int
    blobs: int
    nbytes: int


class Store:
    """What the planner, the workers and the editor need. All methods raise StoreError, and EnvironmentProblem when the
    store cannot be read or written for a reason that a person can mend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def __repr__(self) -> str:
        return f"Store({self.address!r})"

    @property
    def address(self) -> str:
        """Opens the same store from another process: `flows.store.open_store(address)`."""
        return self._backend.address

    @property
    def folder(self) -> Path | None:
        """The folder of this machine that the store fills, if it does."""
        return self._backend.folder

    @property
    def shared(self) -> bool:
        """Whether other machines may use it: a bucket, or a folder on a network's disk."""
        return self.folder is None or may_be_shared(self.folder)

    @property
    def at_once(self) -> int:
        """How many calls are worth having under way at once, in threads."""
        return self._backend.at_once

    def check(self, *, writing: bool = False) -> None:
        """Before anything is begun: whether the store can be read, and written to. Waits for nobody."""
        self._backend.check(writing=writing)

    def put_bytes(self, data: bytes) -> str:
        """File `data` under its digest, which is returned; nothing happens if it is there."""
        digest = sha256(data).hexdigest()
        self._backend.put_blob(blob_key(digest), digest, lambda file: _write(file, data))
        return digest

    def put_file(self, path: Path, digest: str | None = None) -> str:
        """File a copy of `path` under its digest (computed unless given, and always checked while copying).

        Raises `MediaError` when it cannot be read, or has changed since its digest was taken.
        """
        found = digest or _digest_of(path)
        self._backend.put_blob(blob_key(found), found, lambda file: _copy(path, file, found))
        return found

    def read(self, digest: str) -> bytes:
        """The blob's bytes, checked. Raises `BlobMissing` or `BlobCorrupt`."""
        return self._backend.read_blob(blob_key(digest), digest)

    def local_path(self, digest: str) -> Path:
        """A readable local file with the blob's bytes, checked, for programs that want a path. Never write to it.
        It stays until `release`, or as long as this object."""
        return self._backend.blob_file(blob_key(digest), digest)

    def bring(self, digests: Iterable[str]) -> None:
        """Have the blobs on this machine, many at once: `local_path` and `read` are quick then. Raises as they do."""
        with ThreadPoolExecutor(self.at_once, thread_name_prefix="bring") as threads:
            for _ in threads.map(self.local_path, sorted(set(digests))):
                pass

    def holds(self, digests: Collection[str]) -> bool:
        """Whether all these blobs are there, with the right bytes."""
        return all(self._backend.has_blob(blob_key(digest), digest) for digest in set(digests))

    def whole(self, digests: Collection[str]) -> frozenset[str]:
        """Those of these blobs that are there, with the right bytes. Asked with many at once."""
        keys = {blob_key(digest): digest for digest in digests}
        return frozenset(keys[key] for key in self._backend.whole(keys))

    def record(self, fingerprint: str) -> ClipRecord | None:
        """The record of a finished clip, or None. A damaged record promises nothing, and is as good as none."""
        data = self._backend.get(record_key(fingerprint))
        try:
            return None if data is None else record_from_json(data)
        except ValueError:
            return None

    def finished(self, fingerprints: Collection[str]) -> frozenset[str]:
        """Which of these have a record. Asked with many at once: the store looks them up or lists, as is quicker."""
        keys = {record_key(fingerprint): fingerprint for fingerprint in fingerprints}
        return frozenset(keys[key] for key in self._backend.present(keys))

    def publish(self, record: ClipRecord) -> ClipRecord:
        """Write the record if there is none, else leave it. Returns the one that stands. Checkpoints of the clip have
        served, and go."""
        key, data = record_key(record.fingerprint), record_to_json(record)
        standing: ClipRecord | None = None
        while standing is None and not self._backend.add(key, data):
            standing = self.record(record.fingerprint)
            if standing is None:
                self._backend.remove(key)  # a damaged one; who may not remove it is told so
        with suppress(StoreError, EnvironmentProblem):  # the clip is finished; what is left of its making expires
            self.drop_checkpoints(record.fingerprint)
        return standing or record

    def drop_checkpoints(self, fingerprint: str) -> None:
        """Forget how far the clip had come."""
        for name in self.notes(CHECKPOINTS):
            if is_checkpoint_of(name, fingerprint):
                self.drop_note(name)

    def intact(self, record: ClipRecord) -> bool:
        """Whether every blob of the record is there with the right digest."""
        return self.holds(record.blobs)

    def discard(self, fingerprint: str) -> None:
        """Forget a record (its blobs were found missing or altered), so that the clip is rendered again."""
        record = self.record(fingerprint)
        self._backend.remove(record_key(fingerprint))
        for digest in record.blobs if record else ():
            if not self.holds([digest]):
                self._backend.remove(blob_key(digest))

    def put_note(self, name: str, data: bytes) -> None:
        """Write a note (`folder/name.ext`), whole or not at all; one of that name is replaced."""
        self._backend.put(note_key(name), data)

    def add_note(self, name: str, data: bytes) -> bool:
        """Write a note if there is none of that name, else leave it. Whether it was written."""
        return self._backend.add(note_key(name), data)

    def note(self, name: str) -> bytes | None:
        """A note's bytes, or None. They are not checked: whoever reads must cope with damage."""
        return self._backend.get(note_key(name))

    def notes(self, folder: str) -> tuple[str, ...]:
        """Names of the notes in a folder, sorted, each with the folder in front."""
        return tuple(sorted(name for name in self._backend.within(note_key(folder)) if is_note(name)))

    def stock(self) -> Stock:
        """How much there is. It lists everything."""
        records, blobs = self._backend.extent(RECORDS), self._backend.extent(BLOBS)
        return Stock(records.count, blobs.count, blobs.nbytes)

    def release(self) -> None:
        """The files that `local_path` gave are not in use any more: those of a bucket may go, to make room."""
        self._backend.release()

    def drop_note(self, name: str) -> None:
        """Forget a note; nothing happens if there is none."""
        self._backend.remove(note_key(name))


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def _copy(path: Path, target: BinaryIO, digest: str) -> None:
    """Raises MediaError when it cannot be read, or has other bytes."""
    found = sha256()
    try:
        source = path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    with source:
        while chunk := _read(source, path):
            found.update(chunk)
            target.write(chunk)
    if found.hexdigest() != digest:
        raise MediaError(f"{path} was changed after the film was planned; plan it again")


def _read(source: BinaryIO, path: Path) -> bytes:
    try:
        return source.read(CHUNK)
    except OSError as error:
        raise _unreadable(path, error) from error


def _digest_of(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> MediaError:
    return MediaError(f"cannot read {path}: {error.strerror}")

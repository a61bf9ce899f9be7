"""The store in a folder. Safe for many processes at once: every file is written whole, then moved into its place."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from flows.errors import BlobCorrupt, BlobMissing, MediaError, StoreError
from flows.store.files import (
    copy_with_digest,
    file_digest,
    remove_stale,
    translated,
    write_if_absent,
    write_replacing,
)
from flows.store.protocol import ClipRecord
from flows.store.records import record_from_json, record_to_json

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_NOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_RECORD_SUFFIX = ".json"
_FEW = 64
"""So many records are looked up one by one; for more, one listing of the store is quicker."""


class LocalStore:
    """`flows.store.protocol.Store` in a folder, which is made when something is first written."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._temporary = self._root / "tmp"
        self._swept = False

    def __repr__(self) -> str:
        return f"LocalStore({str(self._root)!r})"

    @property
    def address(self) -> str:
        return str(self._root)

    def put_bytes(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        with translated(self._root, "write to"):
            if not self._whole(digest):
                self._sweep()
                write_replacing(self._temporary, self._blob(digest), lambda file: _fill(file, data))
        return digest

    def put_file(self, path: Path, digest: str | None = None) -> str:
        found = digest or _source_digest(path)
        with translated(self._root, "write to"):
            if not self._whole(found):
                self._sweep()
                write_replacing(self._temporary, self._blob(found), lambda file: _copy(path, file, found))
        return found

    def read(self, digest: str) -> bytes:
        with translated(self._root, "read"):
            try:
                data = self._blob(digest).read_bytes()
            except FileNotFoundError:
                raise self._missing(digest) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise self._corrupt(digest)
        return data

    def local_path(self, digest: str) -> Path:
        path = self._blob(digest)
        with translated(self._root, "read"):
            try:
                found = file_digest(path)
            except FileNotFoundError:
                raise self._missing(digest) from None
        if found != digest:
            raise self._corrupt(digest)
        return path

    def record(self, fingerprint: str) -> ClipRecord | None:
        path = self._record(fingerprint)
        with translated(self._root, "read"):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                return None
            try:
                return record_from_json(data)
            except ValueError:
                # A damaged record promises nothing, and would stand in the way of the next one.
                with suppress(OSError):  # who writes the next one is told that the store cannot be written to
                    path.unlink()
                return None

    def finished(self, fingerprints: Collection[str]) -> frozenset[str]:
        if len(fingerprints) <= _FEW:
            with translated(self._root, "read"):
                return frozenset(wanted for wanted in fingerprints if self._record(wanted).exists())
        return self.fingerprints() & frozenset(fingerprints)

    def fingerprints(self) -> frozenset[str]:
        with translated(self._root, "read"):
            return frozenset(
                fingerprint
                for shard in _folders(self._root / "clips")
                for name in _files(self._root / "clips" / shard)
                if _DIGEST.fullmatch(fingerprint := name.removesuffix(_RECORD_SUFFIX)) and fingerprint != name
            )

    def publish(self, record: ClipRecord) -> ClipRecord:
        place, data = self._record(record.fingerprint), record_to_json(record)
        with translated(self._root, "write to"):
            self._sweep()
            while not write_if_absent(self._temporary, place, lambda file: _fill(file, data)):
                standing = self.record(record.fingerprint)
                if standing is not None:
                    return standing
        return record

    def intact(self, record: ClipRecord) -> bool:
        with translated(self._root, "read"):
            return all(self._whole(digest) for digest in set(record.blobs))

    def discard(self, fingerprint: str) -> None:
        record = self.record(fingerprint)
        with translated(self._root, "write to"):
            self._record(fingerprint).unlink(missing_ok=True)
            for digest in record.blobs if record else ():
                if not self._whole(digest):
                    self._blob(digest).unlink(missing_ok=True)

    def put_note(self, name: str, data: bytes) -> None:
        with translated(self._root, "write to"):
            self._sweep()
            write_replacing(self._temporary, self._note(name), lambda file: _fill(file, data))

    def add_note(self, name: str, data: bytes) -> bool:
        with translated(self._root, "write to"):
            self._sweep()
            return write_if_absent(self._temporary, self._note(name), lambda file: _fill(file, data))

    def note(self, name: str) -> bytes | None:
        with translated(self._root, "read"):
            try:
                return self._note(name).read_bytes()
            except FileNotFoundError:
                return None

    def notes(self, folder: str) -> tuple[str, ...]:
        with translated(self._root, "read"):
            return tuple(sorted(f"{folder}/{name}" for name in _files(self._note(folder)) if _NOTE.fullmatch(name)))

    def drop_note(self, name: str) -> None:
        with translated(self._root, "write to"):
            self._note(name).unlink(missing_ok=True)

    def _blob(self, digest: str) -> Path:
        _check(digest)
        return self._root / "blobs" / digest[:2] / digest

    def _record(self, fingerprint: str) -> Path:
        _check(fingerprint)
        return self._root / "clips" / fingerprint[:2] / (fingerprint + _RECORD_SUFFIX)

    def _note(self, name: str) -> Path:
        if not _NOTE.fullmatch(name) or name.partition("/")[0] in ("blobs", "clips", "tmp"):
            raise StoreError(f"{name!r} cannot be the name of a note in a store")
        return self._root / name

    def _whole(self, digest: str) -> bool:
        """Whether the blob is there with the right bytes: a damaged one is written again, not kept."""
        try:
            return file_digest(self._blob(digest)) == digest
        except FileNotFoundError:
            return False

    def _sweep(self) -> None:
        if not self._swept:
            remove_stale(self._temporary)
            self._swept = True

    def _missing(self, digest: str) -> BlobMissing:
        return BlobMissing(f"blob {digest} is not in the store {self._root}")

    def _corrupt(self, digest: str) -> BlobCorrupt:
        return BlobCorrupt(f"blob {digest} in the store {self._root} is damaged: its bytes have another digest")


def _check(digest: str) -> None:
    if not _DIGEST.fullmatch(digest):
        raise StoreError(f"{digest!r} is not a sha256 digest")


def _files(folder: Path) -> Iterator[str]:
    """Names of the regular files in a folder; none if it is not there."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                yield entry.name


def _folders(folder: Path) -> Iterator[str]:
    """Names of the shards in a folder; none if it is not there. File managers leave files of their own beside them."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if _SHARD.fullmatch(entry.name) and entry.is_dir():
                yield entry.name


def _fill(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def _copy(path: Path, target: BinaryIO, digest: str) -> None:
    with _opened(path) as source:
        if copy_with_digest(source, target) != digest:
            raise _changed(path)


def _source_digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> MediaError:
    return MediaError(f"cannot read {path}: {error.strerror}")


def _changed(path: Path) -> MediaError:
    return MediaError(f"{path} was changed after the film was planned; plan it again")

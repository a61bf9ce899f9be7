"""The store in a folder. Safe for many processes at once: every file is written whole, then moved into its place."""

from __future__ import annotations

import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from flows.store.backend import Extent, Fill, corrupt, missing
from flows.store.faults import translated
from flows.store.layout import TEMPORARY
from flows.store.verified import Verified
from wan.system.digests import stamp_of
from wan.system.files import add_whole, is_temporary, write_whole

STALE_SECONDS = 24 * 3600.0
"""Temporary files older than this belong to a process that died."""
FEW = 64
"""So many keys are looked up one by one, whatever else there is."""
CHEAPER = 8
"""About so many names are listed in the time of one look-up (docs/decisions/0022-stores.md); on a network disk, where a
look-up is a way there and back, and a listing one for a hundred names, more."""

_verified = Verified()
"""Of all stores in folders that this process opens: each film opens its own anew."""


class FolderBackend:
    """`flows.store.backend.Backend` in a folder, which is made when something is first written."""

    at_once = 4
    """Hashing and reading overlap."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._temporary = self._root / TEMPORARY
        self._swept = False

    @property
    def address(self) -> str:
        return str(self._root)

    @property
    def folder(self) -> Path | None:
        return self._root

    def check(self, *, writing: bool = False) -> None:
        with translated(self._root, "read"):
            nearest = next(folder for folder in (self._root, *self._root.parents) if folder.exists())
        if writing:
            with translated(self._root, "write to"), tempfile.TemporaryFile(dir=nearest):
                pass

    def get(self, key: str) -> bytes | None:
        with translated(self._root, "read"):
            try:
                return self._place(key).read_bytes()
            except FileNotFoundError:
                return None

    def put(self, key: str, data: bytes) -> None:
        with translated(self._root, "write to"):
            write_whole(self._made(key), lambda file: file.write(data), within=self._temporary)

    def add(self, key: str, data: bytes) -> bool:
        with translated(self._root, "write to"):
            return add_whole(self._made(key), lambda file: file.write(data), within=self._temporary)

    def remove(self, key: str) -> None:
        with translated(self._root, "write to"):
            self._place(key).unlink(missing_ok=True)

    def within(self, folder: str) -> Iterator[str]:
        with translated(self._root, "read"):
            names = list(_files(self._place(folder)))
        return (f"{folder}/{name}" for name in names)

    def present(self, keys: Collection[str]) -> frozenset[str]:
        with translated(self._root, "read"):
            if len(keys) <= FEW:
                return frozenset(key for key in keys if self._place(key).exists())
            return frozenset(self._listed_or_looked_up(keys))

    def extent(self, folder: str) -> Extent:
        with translated(self._root, "read"):
            sizes = [
                os.stat(os.path.join(at, name)).st_size
                for at, _, names in os.walk(self._place(folder))
                for name in names
            ]
        return Extent(len(sizes), sum(sizes))

    def put_blob(self, key: str, digest: str, fill: Fill) -> None:
        with translated(self._root, "write to"):
            if not self._whole(key, digest):
                write_whole(self._made(key), fill, within=self._temporary)

    def has_blob(self, key: str, digest: str) -> bool:
        with translated(self._root, "read"):
            return self._whole(key, digest)

    def whole(self, blobs: Mapping[str, str]) -> frozenset[str]:
        with ThreadPoolExecutor(self.at_once, thread_name_prefix="check") as threads:
            found = threads.map(self.has_blob, blobs.keys(), blobs.values())
            return frozenset(key for key, whole in zip(blobs, found, strict=True) if whole)

    def read_blob(self, key: str, digest: str) -> bytes:
        path = self._place(key)
        with translated(self._root, "read"):
            try:
                known, stamp, data = _verified.knows(path), stamp_of(path), path.read_bytes()
                if known and stamp == stamp_of(path):
                    return data
                if sha256(data).hexdigest() != digest:
                    raise corrupt(digest, self.address)
                _verified.note(path, stamp)
            except FileNotFoundError:
                raise missing(digest, self.address) from None
        return data

    def blob_file(self, key: str, digest: str) -> Path:
        path = self._place(key)
        with translated(self._root, "read"):
            try:
                if _verified.holds(path, digest):
                    return path
            except FileNotFoundError:
                raise missing(digest, self.address) from None
        raise corrupt(digest, self.address)

    def release(self) -> None:
        pass

    def _place(self, key: str) -> Path:
        return self._root / key

    def _made(self, key: str) -> Path:
        """Where the key goes, and a folder for what is not whole yet; what dead processes left there is swept once."""
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        self._temporary.mkdir(exist_ok=True)
        if not self._swept:
            sweep(self._temporary)
            self._swept = True
        return place

    def _whole(self, key: str, digest: str) -> bool:
        try:
            return _verified.holds(self._place(key), digest)
        except FileNotFoundError:
            return False

    def _listed_or_looked_up(self, keys: Collection[str]) -> Iterator[str]:
        """Keys are spread evenly over their folders: the first one tells how full the others are."""
        by_folder: dict[str, set[str]] = defaultdict(set)
        for key in keys:
            by_folder[key.rpartition("/")[0]].add(key)
        listing: bool | None = None
        for folder, wanted in by_folder.items():
            if listing is False:
                yield from (key for key in wanted if self._place(key).exists())
                continue
            there = {f"{folder}/{name}" for name in _names(self._place(folder))}
            listing = len(there) <= CHEAPER * len(wanted) if listing is None else listing
            yield from wanted & there


def _names(folder: Path) -> list[str]:
    """Of everything in a folder; nothing if it is not there."""
    with suppress(FileNotFoundError):
        return os.listdir(folder)
    return []


def _files(folder: Path) -> Iterator[str]:
    """Names of the regular files in a folder; none if it is not there."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        yield from (entry.name for entry in entries if entry.is_file())


def sweep(temporary: Path) -> None:
    """Deletes what processes that died have left in a folder of files that are not whole yet; what cannot be deleted
    stays."""
    oldest = time.time() - STALE_SECONDS
    with suppress(OSError):
        for entry in os.scandir(temporary):
            with suppress(OSError):
                if is_temporary(entry.name) and entry.stat().st_mtime < oldest:
                    Path(entry.path).unlink()

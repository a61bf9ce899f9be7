"""Blobs of buckets that are kept on this machine: `$XDG_CACHE_HOME/wanflow/store`, shared by a user's processes.

    <store>/blobs/<aa>/<sha256>         the bytes; found whole once a process before they are used
    <store>/blobs/<aa>/<sha256>.json    what is known of the object in the bucket; its time is that of the last use
    leases/<token>                      digests that a process has given out as paths; locked while it lives
    tmp/                                what is not whole yet

What was used longest ago goes when they are more than the bound. What a living process has given out stays, though it
be more: a program may be about to open it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from flows.addresses import BucketAddress
from flows.errors import EnvironmentProblem, StoreError
from flows.store.folder import sweep
from flows.store.layout import blob_key
from flows.store.s3.room import KNOWN, LEASES, clear, gate
from flows.store.verified import Verified
from wan.system.files import cache_folder, move_over
from wan.system.locks import hold

USED_SECONDS = 60.0
"""How exactly the time of the last use is known."""
STRIDE = 0.02
"""The part of the bound that may come in before it is looked again whether they are too many."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST})

_verified = Verified()


@dataclass(frozen=True, slots=True)
class Known:
    """That the object with this etag was found whole, or was not."""

    etag: str
    whole: bool


class Cache:
    """Of one store. Safe for threads and processes. All methods raise EnvironmentProblem where the folder cannot be
    used, else StoreError."""

    def __init__(self, address: BucketAddress, folder: Path | None = None) -> None:
        self.root = folder or cache_folder() / "store"
        store = f"{address.endpoint}\n{address.bucket}\n{address.prefix}"
        self._store = self.root / hashlib.sha256(store.encode()).hexdigest()[:16]
        self._bound = address.cache_gb * 1e9
        self._lease: IO[bytes] | None = None
        self._come_in: float | None = None
        self._swept = False

    def read(self, digest: str) -> bytes | None:
        """The bytes, or None."""
        path = self._place(digest)
        with self.translated():
            try:
                if not self._is_whole(path, digest):
                    return None
                data = path.read_bytes()
            except FileNotFoundError:
                return None
            self._use(digest)
        return data

    def path(self, digest: str) -> Path | None:
        """A file with the bytes, or None. It stays until `release`, or as long as this object."""
        path = self._place(digest)
        with self.translated():
            self._pin(digest)
            try:
                if not self._is_whole(path, digest):
                    return None
            except FileNotFoundError:
                return None
            self._use(digest)
        return path

    def release(self) -> None:
        """What was given out as paths is not in use any more."""
        if self._lease is not None:
            with self.translated():
                self._lease.truncate(0)

    @contextmanager
    def filling(self) -> Iterator[BinaryIO]:
        """A new file to write and read; `keep` makes it a blob, else it is gone with the block."""
        with self.translated():
            temporary = self.root / "tmp" / f".blob.{os.getpid()}-{secrets.token_hex(4)}"
            temporary.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self._swept:
                sweep(temporary.parent)
                self._swept = True
            file = temporary.open("x+b")
        try:
            with file:
                yield file
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def keep(self, file: BinaryIO, digest: str) -> None:
        """The file of `filling`, written whole, is the blob."""
        place = self._place(digest)
        with self.translated():
            file.flush()
            size = os.fstat(file.fileno()).st_size
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            move_over(Path(file.name), place)
            self._use(digest)
            self._keep_within_bound(size)

    def forget(self, digest: str) -> None:
        """The blob is not in the store any more."""
        with self.translated():
            self._place(digest).unlink(missing_ok=True)
            self._known_file(digest).unlink(missing_ok=True)

    def note(self, digest: str, known: Known) -> None:
        """Remember what was found of the object in the bucket."""
        path = self._known_file(digest)
        with self.translated():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_text(json.dumps({"etag": known.etag, "whole": known.whole}))

    def known(self, digest: str) -> Known | None:
        """What was found of the object when it was last read or written from here."""
        try:
            found = json.loads(self._known_file(digest).read_bytes())
            return Known(str(found["etag"]), found["whole"] is True)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turns the operating system's errors into ours."""
        try:
            yield
        except OSError as error:
            fix = "name another folder: XDG_CACHE_HOME=FOLDER"
            if error.errno in _FULL:
                raise EnvironmentProblem(
                    f"no space left in {self.root} for what is fetched of the store\n    free some, or {fix}"
                ) from error
            if error.errno in _CLOSED:
                raise EnvironmentProblem(
                    f"{self.root}, for what is fetched of the store, cannot be used: {error.strerror}\n    {fix}"
                ) from error
            raise StoreError(f"cannot use {self.root}, for what is fetched of the store: {error}") from error

    def _place(self, digest: str) -> Path:
        return self._store / blob_key(digest)

    def _known_file(self, digest: str) -> Path:
        return self._store / f"{blob_key(digest)}{KNOWN}"

    def _is_whole(self, path: Path, digest: str) -> bool:
        """Raises FileNotFoundError. One that is not is of no use to anybody."""
        if _verified.holds(path, digest):
            return True
        path.unlink(missing_ok=True)
        return False

    def _use(self, digest: str) -> None:
        path, now = self._known_file(digest), time.time()
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > USED_SECONDS:
                os.utime(path)
            return
        path.touch()

    def _pin(self, digest: str) -> None:
        """While somebody clears away this waits: whoever clears away next knows of it."""
        with gate(self.root, shared=True):
            if self._lease is None:
                leases = self.root / LEASES
                leases.mkdir(exist_ok=True, mode=0o700)
                self._lease = hold(leases / secrets.token_hex(8))
                weakref.finalize(self, _end, self._lease)
            if self._lease is not None:
                self._lease.write(f"{digest}\n".encode())
                self._lease.flush()

    def _keep_within_bound(self, size: int) -> None:
        """Clears away if they may be too many: at the first that comes in, and then now and again."""
        self._come_in = None if self._come_in is None else self._come_in + size
        if self._come_in is None or self._come_in > STRIDE * self._bound:
            self._come_in = 0.0
            with gate(self.root):
                clear(self.root, self._bound)


def _end(lease: IO[bytes] | None) -> None:
    if lease is not None:
        with suppress(OSError):
            os.unlink(lease.name)
        lease.close()

"""One file that is being downloaded. Bytes come in any order; their digest is taken in order, behind them."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from wan.errors import HubError
from wan.hub.hubs import RemoteFile
from wan.hub.journal import Entry, part_file
from wan.system.files import move_over, settle

_READ = 8 * 1024 * 1024
_DIFFERENT_TIMES = 3
"""A file that turns out another one this often is given up: nobody gets it whole from there."""


class WrongDigest(Exception):
    """All bytes are here, and they are others than the hub lists."""


class Download:
    """A file that is being downloaded. All methods may be called from several threads.

    `round` counts the times it was begun anew: bytes that were asked for in an earlier round are thrown away.
    """

    def __init__(self, remote: RemoteFile, folder: Path, entry: Entry) -> None:
        self.remote = remote
        self.entry = entry
        self.path = folder / remote.path
        self.round = 0
        self.opened = False  # whether the hub has answered for it, so that its other parts may be asked for
        self._bytes = threading.Lock()
        self._digest = threading.Lock()
        self._sha256 = hashlib.sha256()
        self._read_to = 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(part_file(self.path), os.O_RDWR | os.O_CREAT, 0o644)
        os.ftruncate(self._file, entry.size)

    def close(self) -> None:
        """Keep what arrived, for another time."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def missing(self, round_: int, part: int) -> tuple[int, int] | None:
        """The first byte of the file that a part lacks and the one after its last; None: none, or another round."""
        with self._bytes:
            if round_ != self.round or self.entry.complete(part):
                return None
            return self._position(part), self.entry.span(part)[1]

    def _position(self, part: int) -> int:
        return self.entry.span(part)[0] + self.entry.parts[part]

    def write(self, round_: int, part: int, at: int, data: bytes) -> int:
        """Append bytes that begin at `at` to a part; returns how many were of use (0: of another round, not next)."""
        with self._bytes:
            if round_ != self.round or at != self._position(part):
                return 0
            data = data[: self.entry.span(part)[1] - at]
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, data[written:], at + written)
            self.entry.parts[part] += len(data)
            return len(data)

    def restart(self, round_: int, *, part_bytes: int, why: str) -> int:
        """Throw away what arrived, unless another thread already did; returns how many bytes that was.

        Raises `HubError` when it happens again and again.
        """
        with self._digest, self._bytes:
            if round_ != self.round:
                return 0
            self.round += 1
            if self.round >= _DIFFERENT_TIMES:
                raise HubError(f"{self.remote.path}: {why}, {self.round} times; it cannot be had whole from there now")
            lost = self.entry.arrived
            self.entry.restart(part_bytes)
            self._sha256, self._read_to, self.opened = hashlib.sha256(), 0, False
            return lost

    def rewind(self) -> int:
        """Have a file of one part arrive from its beginning again; returns how many bytes are thrown away."""
        with self._digest, self._bytes:
            lost, self.entry.parts[0] = self.entry.parts[0], 0
            self._sha256, self._read_to = hashlib.sha256(), 0
            return lost

    @property
    def whole(self) -> bool:
        """Whether every byte is here."""
        return all(self.entry.complete(part) for part in range(len(self.entry.parts)))

    def update_digest(self) -> None:
        """Take the digest on over what lies behind without a gap, if no other thread is at it."""
        if self._digest.acquire(blocking=False):
            try:
                self._read_on()
            finally:
                self._digest.release()

    def finish(self, round_: int) -> bool:
        """Take the digest to the end; if it is the hub's, the file gets its name. Whether this call did it.

        Raises `WrongDigest`.
        """
        with self._digest:
            if self.entry.sha256 is not None or round_ != self.round:
                return False
            self._read_on()
            sha256 = self._sha256.hexdigest()
            twin = self._named_alike(sha256)
            if self.remote.digest is not None and twin != self.remote.digest:
                raise WrongDigest(f"the digest of what arrived is {twin}, the hub lists {self.remote.digest}")
            settle(self._file)
            self.close()
            move_over(part_file(self.path), self.path)
            self.entry.mtime_ns = self.path.stat().st_mtime_ns
            self.entry.sha256 = sha256
            return True

    def _named_alike(self, sha256: str) -> str:
        if self.remote.digest is None or not self.remote.digest.startswith("git:"):
            return f"sha256:{sha256}"
        data = os.pread(self._file, self.entry.size, 0)  # git's ids are of small files
        blob = b"blob %d\0" % len(data) + data
        return f"git:{hashlib.sha1(blob, usedforsecurity=False).hexdigest()}"

    def _read_on(self) -> None:
        while (end := self._contiguous()) > self._read_to:
            data = os.pread(self._file, min(_READ, end - self._read_to), self._read_to)
            self._sha256.update(data)
            self._read_to += len(data)

    def _contiguous(self) -> int:
        part = min(self._read_to // self.entry.part_bytes, len(self.entry.parts) - 1)
        while part < len(self.entry.parts) - 1 and self.entry.complete(part):
            part += 1
        return self._position(part)

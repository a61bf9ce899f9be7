"""Which files of blobs were read and found whole by this process: they are not read for that again.

A file that was changed since has another stamp (size, times), and is read again. One that was changed a moment ago
could be changed once more without another stamp, and is not remembered yet.
"""

from __future__ import annotations

from pathlib import Path

from wan.system.digests import file_digest, settled, stamp_of


class Verified:
    """By path. May be asked by several threads: at worst two read the same file."""

    def __init__(self) -> None:
        self._stamps: dict[Path, list[int]] = {}

    def holds(self, path: Path, digest: str) -> bool:
        """Whether the file has the bytes that its name promises. Raises FileNotFoundError, OSError."""
        if self.knows(path):
            return True
        before = stamp_of(path)
        found = file_digest(path) == digest
        if found:
            self.note(path, before)
        return found

    def knows(self, path: Path) -> bool:
        """Whether that is known without reading it. Raises FileNotFoundError, OSError."""
        return self._stamps.get(path) == stamp_of(path)

    def note(self, path: Path, stamp: list[int]) -> None:
        """It was found whole, and had this stamp before."""
        if settled(stamp) and stamp == stamp_of(path):
            self._stamps[path] = stamp

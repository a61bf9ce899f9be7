"""What has arrived of each file of a pull, kept beside the files so that the next process goes on from it.

Written after the bytes it speaks of, so it never promises bytes that a killed process had not handed to the system.
What a power cut takes all the same is found by the digest at the end.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from wan.hub.hubs import Listing, RemoteFile
from wan.system.files import replacing

JOURNAL = ".wanflow-pull.json"
_SECONDS_BETWEEN_WRITES = 1.0


@dataclass(slots=True)
class Entry:
    """One file. `identity` is its digest, or the commit if the hub knows none: another identity is another file.

    `parts[i]` bytes have arrived of part i, which begins at i·`part_bytes`. When all is here and checked, `sha256` is
    set, and `mtime_ns` is the file's modification time then.
    """

    identity: str
    size: int
    part_bytes: int
    parts: list[int] = field(default_factory=list)
    etag: str | None = None
    sha256: str | None = None
    mtime_ns: int = 0

    @property
    def arrived(self) -> int:
        """Bytes."""
        return self.size if self.sha256 else sum(self.parts)

    def span(self, part: int) -> tuple[int, int]:
        """First byte of a part, and the first one after it."""
        start = part * self.part_bytes
        return start, min(start + self.part_bytes, self.size)

    def complete(self, part: int) -> bool:
        """Whether all bytes of a part are here."""
        start, end = self.span(part)
        return self.parts[part] >= end - start

    def restart(self, part_bytes: int) -> None:
        """Forget what arrived; cut into parts of this size from now on."""
        self.part_bytes = max(part_bytes, 1)
        self.parts = [0] * max(1, -(-self.size // self.part_bytes))
        self.etag = self.sha256 = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What is being pulled: a later pull goes on with the same commit, wherever the branch has moved meanwhile."""

    hub: str
    repo: str
    revision: str
    commit: str


class Journal:
    """The entries of one folder. Changes to an entry are made by its user; `save` may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: dict[str, Entry] = {}
        self.origin: Origin | None = None
        self._lock = threading.Lock()
        self._written = 0.0
        try:
            kept = json.loads((folder / JOURNAL).read_text(encoding="utf-8"))
            self.entries = {path: Entry(**row) for path, row in kept["files"].items()}
            self.origin = Origin(**kept["origin"]) if kept.get("origin") else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return  # none yet, or of no use: files without an entry are fetched anew

    def reconcile(self, listing: Listing, files: Sequence[RemoteFile], part_bytes: int) -> None:
        """Keep the entries that still describe what the hub has, begin the others, drop files that are not wanted."""
        known, self.entries = self.entries, {}
        self.origin = Origin(listing.hub, listing.repo, listing.revision, listing.commit)
        for file in files:
            entry = known.get(file.path)
            identity = file.digest or f"{listing.hub}:{listing.commit}"
            if (
                entry is None
                or (entry.identity, entry.size) != (identity, file.size)
                or not self._kept(file.path, entry)
            ):
                entry = Entry(identity, file.size, part_bytes)
                entry.restart(part_bytes)
                _remove(self.folder / file.path)
                _remove(part_file(self.folder / file.path))
            self.entries[file.path] = entry
        self._tidy()
        self.save(at_once=True)

    def add_whole(self, path: str, identity: str, size: int, sha256: str) -> None:
        """A file that is here already, and is what it should be."""
        entry = Entry(identity, size, max(size, 1), [size], None, sha256)
        entry.mtime_ns = (self.folder / path).stat().st_mtime_ns
        self.entries[path] = entry

    def save(self, *, at_once: bool = False) -> None:
        """Write it, if the last time was long enough ago or `at_once`."""
        with self._lock:
            now = time.monotonic()
            if not at_once and now - self._written < _SECONDS_BETWEEN_WRITES:
                return
            self._written = now
            files = {path: asdict(entry) for path, entry in self.entries.items()}
            text = json.dumps({"origin": asdict(self.origin) if self.origin else None, "files": files})
            with replacing(self.folder / JOURNAL) as temporary:
                temporary.write_text(text, encoding="utf-8")

    def _kept(self, path: str, entry: Entry) -> bool:
        file = self.folder / path
        if entry.sha256 is None:
            return part_file(file).is_file() and part_file(file).stat().st_size == entry.size
        return file.is_file() and (file.stat().st_size, file.stat().st_mtime_ns) == (entry.size, entry.mtime_ns)

    def _tidy(self) -> None:
        """What another revision left behind."""
        wanted = {self.folder / path for path in self.entries}
        wanted |= {part_file(path) for path in wanted} | {self.folder / JOURNAL}
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in wanted:
                with suppress(OSError):  # a network's own `.nfs…` goes with its last reader
                    path.unlink()


def part_file(path: Path) -> Path:
    """Where the bytes of a file lie until it is whole."""
    return path.with_name(f"{path.name}.part")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)

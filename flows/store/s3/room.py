"""Room for blobs that are kept on this machine: what was used longest ago goes, what is in use stays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.store.layout import BLOBS
from wan.system.locks import lock, try_lock

LEASES = "leases"
KNOWN = ".json"
"""Behind a blob's name: the file whose time says when it was last used."""


@contextmanager
def gate(root: Path, *, shared: bool = False) -> Iterator[None]:
    """Who clears away is alone; those who say what they use are so together. Raises OSError."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / "gate").open("a+b") as file:
        lock(file, shared=shared)
        yield


def clear(root: Path, bound: float) -> None:
    """Deletes what was used longest ago until the rest is within the bound, in bytes; what is given out stays."""
    found = sorted(_found(root))
    total = sum(size for _, size, _ in found)
    if total <= bound:
        return
    given_out = _given_out(root / LEASES)
    for _, size, path in found:
        if total <= bound:
            return
        if path.name not in given_out:
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}{KNOWN}").unlink(missing_ok=True)
            total -= size


def _found(root: Path) -> Iterator[tuple[float, int, Path]]:
    """Every blob: when it was last used, its bytes, the file."""
    for folder in root.glob(f"*/{BLOBS}/[0-9a-f][0-9a-f]"):
        with os.scandir(folder) as entries:
            files = {entry.name: entry for entry in entries if entry.is_file()}
        for name, entry in files.items():
            if not name.endswith(KNOWN):
                with suppress(FileNotFoundError):
                    used = files.get(f"{name}{KNOWN}", entry).stat().st_mtime
                    yield used, entry.stat().st_size, Path(entry.path)


def _given_out(leases: Path) -> set[str]:
    """By processes that live; what others have left is taken away."""
    digests: set[str] = set()
    for path in leases.glob("*"):
        with suppress(FileNotFoundError), path.open("rb") as file:
            if try_lock(file):
                path.unlink()
            else:
                digests.update(file.read().decode().split())
    return digests

"""Folders that belong to one process and go with it, `kill -9` included.

A lock on a file says whether the owner lives: process ids say nothing where containers share a folder.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

_LOCK = ".lock"


@contextmanager
def scratch(parent: Path, prefix: str = "") -> Iterator[Path]:
    """A fresh folder `<parent>/<prefix><8 digits>`, gone when the block ends; `parent` must exist.

    What killed processes left under the same prefix is cleared away first. Raises OSError.
    """
    clear_left(parent, prefix)
    folder, lock = _claim(parent, prefix)
    with lock:
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink(missing_ok=True)  # last, and still locked: who finds the folder finds its owner


def clear_left(parent: Path, prefix: str = "") -> None:
    """Take away the folders whose owners are gone."""
    for path in parent.glob(f"{prefix}*{_LOCK}"):
        with suppress(OSError), FileIO(path, "r+") as lock:
            if _taken(lock, path):
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                path.unlink()


def _claim(parent: Path, prefix: str) -> tuple[Path, FileIO]:
    """A name of ours and its lock, held. Another process may clear a lock away before we hold it: then again."""
    while True:
        folder = parent / f"{prefix}{secrets.token_hex(4)}"
        path = _lock_of(folder)
        lock = FileIO(path, "x")
        if _taken(lock, path):
            return folder, lock
        lock.close()


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _taken(lock: FileIO, path: Path) -> bool:
    """Whether the lock is ours now, and is the one that others see."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False

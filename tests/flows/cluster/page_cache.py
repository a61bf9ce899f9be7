"""Large files, and what of them is in the page cache."""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cluster.read_ahead import PIECE_BYTES

PIECES = 6


def large_file(path: Path, pieces: int = PIECES) -> Path:
    """On the disk, and in no memory."""
    path.write_bytes(os.urandom(PIECE_BYTES) * pieces)
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if cached(path) > 0:
        pytest.skip("this file system keeps what it was told to drop")
    return path


def cached(path: Path) -> float:
    """The part of a file that is in the page cache: mincore(2)."""
    size = path.stat().st_size
    with path.open("rb") as file, mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE) as view:
        pages = (ctypes.c_ubyte * (-(-size // mmap.PAGESIZE)))()
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
        libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
        at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
        assert libc.mincore(at, size, pages) == 0
        libc.munmap(at, size)
        view.close()
    return sum(page & 1 for page in pages) / len(pages)


def until(happened: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.01)
    return happened()


def at_work() -> bool:
    return any(thread.name == "read ahead" for thread in threading.enumerate())

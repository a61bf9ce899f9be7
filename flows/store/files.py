"""Files that are either whole or not there: written beside their place, synced, then moved in one step."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from flows.errors import EnvironmentProblem, StoreError
from wan.system.files import move_over, settle, settle_folder

CHUNK = 1 << 20
STALE_SECONDS = 24 * 3600.0
"""Temporary files older than this belong to a process that died."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_SUCH_PLACE = frozenset({errno.ENAMETOOLONG, errno.ELOOP})
_TEMPORARY = re.compile(r"\d+-[0-9a-f]{32}")


@contextmanager
def translated(root: Path, doing: str) -> Iterator[None]:
    """Turns the operating system's errors into ours; `doing` completes "cannot … the store"."""
    try:
        yield
    except OSError as error:
        raise _ours(error, root, doing) from error


def _ours(error: OSError, root: Path, doing: str) -> Exception:
    if error.errno in _FULL:
        return EnvironmentProblem(
            f"no space left for the store in {root}; free some, or name a folder on another disk: store.path=FOLDER"
        )
    if error.errno in _FORBIDDEN:
        return EnvironmentProblem(
            f"cannot {doing} the store in {root} ({error.strerror}: {error.filename}); "
            "change its permissions, or name another folder: store.path=FOLDER"
        )
    if error.errno in _NO_SUCH_PLACE:
        return EnvironmentProblem(
            f"there can be no store in {root} ({error.strerror}); name another folder: store.path=FOLDER"
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return EnvironmentProblem(f"the store {root} is not a folder; name another one: store.path=FOLDER")
    return StoreError(f"cannot {doing} the store in {root}: {error}")


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_with_digest(source: BinaryIO, target: BinaryIO) -> str:
    """Copies all bytes; returns their sha256, hex."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def write_replacing(temporary: Path, place: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Fills `place` in one step; what was there is replaced. After an error nothing is left behind.

    `temporary` is a folder on the same file system.
    """
    with _filled(temporary, fill) as whole:
        _make_parent(place)
        move_over(whole, place)
        settle_folder(place.parent)


def write_if_absent(temporary: Path, place: Path, fill: Callable[[BinaryIO], None]) -> bool:
    """Fills `place` in one step unless it exists; returns whether it did."""
    with _filled(temporary, fill) as whole:
        _make_parent(place)
        try:
            os.link(whole, place)
        except FileExistsError:
            return False
        except OSError:
            # Some file systems have no hard links, and say so in many ways; the window between the calls is theirs.
            if place.exists():
                return False
            os.replace(whole, place)
        settle_folder(place.parent)
        return True


@contextmanager
def _filled(temporary: Path, fill: Callable[[BinaryIO], None]) -> Iterator[Path]:
    temporary.mkdir(parents=True, exist_ok=True)
    path = temporary / f"{os.getpid()}-{uuid.uuid4().hex}"
    try:
        with open(path, "xb") as file:
            fill(file)
            file.flush()
            settle(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def remove_stale(temporary: Path) -> None:
    """Deletes what processes that died have left behind; what cannot be deleted stays."""
    oldest = time.time() - STALE_SECONDS
    with suppress(OSError):
        for entry in os.scandir(temporary):
            with suppress(OSError):
                if _TEMPORARY.fullmatch(entry.name) and entry.stat().st_mtime < oldest:
                    Path(entry.path).unlink()


def _make_parent(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)

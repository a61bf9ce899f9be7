"""sha256 of large files, remembered by path, size and times so that the second time is quick. No torch."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import time_ns

from wan.system.files import cache_folder, replacing
from wan.system.stop import look_for_stop

FRESH_NS = 2_000_000_000
"""A file changed this shortly ago may change again within one tick of its clock: it is not remembered yet."""
_BLOB_NAME = re.compile(r"[0-9a-f]{64}")


def cache_file() -> Path:
    """`$XDG_CACHE_HOME/wanflow/digests.json`."""
    return cache_folder() / "digests.json"


def file_digests(paths: Sequence[Path]) -> list[str]:
    """The sha256 (hex) of each file, in order. A cache that cannot be read or written costs time, nothing else.

    Files of a Hugging Face cache are links to blobs that carry their own sha256 as name: they are not read at all.
    Raises `Cancelled` between two files where who is asked says so (`wan.system.stop`); those that were read are known.
    """
    fresh: dict[str, list[int | str]] = {}
    try:
        return _digests(paths, fresh)
    finally:
        if fresh:
            _write_cache({**_read_cache(), **fresh})


def _digests(paths: Sequence[Path], fresh: dict[str, list[int | str]]) -> list[str]:
    """`fresh` is filled with what the cache does not have."""
    known = _read_cache()
    digests = []
    for path in paths:
        real = path.resolve()
        if path.is_symlink() and real.parent.name == "blobs" and _BLOB_NAME.fullmatch(real.name):
            digests.append(real.name)
            continue
        stamp = stamp_of(real)
        entry = known.get(str(real))
        if entry is not None and entry[:-1] == stamp:
            digests.append(str(entry[-1]))
            continue
        look_for_stop()
        old_enough = settled(stamp)
        digest = file_digest(real)
        if old_enough and stamp == stamp_of(real):
            fresh[str(real)] = [*stamp, digest]
        digests.append(digest)
    return digests


def remember_digests(digests: Mapping[Path, str]) -> None:
    """Take note of digests that were computed elsewhere, so that `file_digests` need not read these files again.

    Files that changed just now too: they are those that the caller has just written or read whole, gigabytes of them.
    """
    fresh: dict[str, list[int | str]] = {}
    for path, digest in digests.items():
        real = path.resolve()
        fresh[str(real)] = [*stamp_of(real), digest]
    if fresh:
        _write_cache({**_read_cache(), **fresh})


def remembered_digest(path: Path) -> str | None:
    """The digest, if it is known without reading the file."""
    return remembered_digests([path])[0]


def remembered_digests(paths: Sequence[Path]) -> list[str | None]:
    """Of each file, in order, the digest as far as it is known without reading the file."""
    known = _read_cache()
    found: list[str | None] = []
    for path in paths:
        real = path.resolve()
        entry = known.get(str(real))
        if path.is_symlink() and real.parent.name == "blobs" and _BLOB_NAME.fullmatch(real.name):
            found.append(real.name)
        else:
            found.append(str(entry[-1]) if entry is not None and entry[:-1] == stamp_of(real) else None)
    return found


def stamp_of(path: Path) -> list[int]:
    """Size, modification time, and change time: weights of one architecture have one size, and `cp -p`, archives and
    images with all times alike set the modification time back. Raises OSError."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def settled(stamp: Sequence[int]) -> bool:
    """Whether a file of this stamp cannot change any more without another stamp coming of it."""
    return max(stamp[1:]) < time_ns() - FRESH_NS


def file_digest(path: Path) -> str:
    """The sha256 (hex) of a file's bytes, which are read. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_cache() -> dict[str, list[int | str]]:
    try:
        value = json.loads(cache_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    rows = value.items() if isinstance(value, dict) else ()
    return {path: row for path, row in rows if isinstance(row, list) and len(row) == 4}


def _write_cache(entries: dict[str, list[int | str]]) -> None:
    with contextlib.suppress(OSError):  # a home that is only read, or none at all, is no reason to fail
        target = cache_file()
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:  # not settled on the disk: losing it costs time, nothing else
            temporary.write_text(json.dumps(entries), encoding="utf-8")

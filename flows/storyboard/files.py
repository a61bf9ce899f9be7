"""From a file to characters: what is too large, binary or in another encoding is refused before any of it is parsed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from flows.errors import Place
from flows.storyboard.nodes import Source
from flows.storyboard.problems import Problems

MAX_BYTES = 16 * 2**20
"""Room for some 80,000 shots."""

_BOM = b"\xef\xbb\xbf"
_UTF_16_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def read_source(path: Path, problems: Problems, *, folder: Path | None = None) -> Source | None:
    """The text of a file, or None with the reason among the problems. Never reads more than `MAX_BYTES`."""
    start = Place(str(path), 1, 1)
    data = _read(path, start, problems)
    if data is None:
        return None
    if data.startswith(_UTF_16_32) or _looks_utf_16(data):
        problems.add(start, "the file is in UTF-16 or UTF-32", "save it as UTF-8")
        return None
    data = data.removeprefix(_BOM)
    if b"\0" in data:
        problems.add(start, "the file is binary, not text", "give a storyboard in YAML")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problems.add(Place(str(path), line, column), "the file is not UTF-8 text", "save it as UTF-8")
        return None
    return Source(str(path), text, folder)


def _read(path: Path, start: Place, problems: Problems) -> bytes | None:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            problems.add(start, f"this is {what}", "give the path of a storyboard file: what it names lies beside it")
            return None
        if status.st_size > MAX_BYTES:
            size = f"{status.st_size / 2**20:.0f} MiB"
            problems.add(start, f"the file has {size}: too large", f"a storyboard may have {MAX_BYTES >> 20} MiB")
            return None
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES)
    except OSError as error:
        problems.add(start, f"the file cannot be read: {error.strerror}", "check its name and permissions")
        return None
    if not data.strip():
        problems.add(start, "the file is empty", "start from `wanflow init` or an example storyboard")
        return None
    return data


def _looks_utf_16(data: bytes) -> bool:
    """Latin text in UTF-16 without a mark has a zero in every other byte."""
    head = data[:200]
    return len(head) >= 4 and (not any(head[1::2]) or not any(head[0::2]))

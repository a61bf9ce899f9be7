"""Whether a film on disk is already the one that would be edited: then ffmpeg need not run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from flows.edit.marks import read_identifier
from flows.edit.timeline import Timeline
from flows.errors import EditError
from flows.settings import FilmSettings

EPOCH = 1
"""Raised when the same timeline gives another picture or sound."""


def edit_digest(timeline: Timeline, settings: FilmSettings, ffmpeg_version: str) -> str:
    """sha256 (hex) of everything that decides the finished files; sources count by path, size and time of change.

    Raises `EditError` for a source that is gone.
    """
    sources = [piece.file for entry in timeline.entries for piece in entry.pieces]
    sources += [voice.file for voice in timeline.voices]
    sources += [timeline.music.file] if timeline.music else []
    decided = (EPOCH, ffmpeg_version, settings.crf, settings.preset, timeline, [_state(path) for path in sources])
    return hashlib.sha256(repr(decided).encode()).hexdigest()


def are_made(files: Iterable[Path], identifier: str) -> bool:
    """Whether every file is there and ends with the mark of this edit; the mark is written last, so it is whole."""
    return all(path.is_file() and read_identifier(path) == identifier for path in files)


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise EditError(f"{path}: cannot be read any more ({error.strerror})") from error
    return found.st_size, found.st_mtime_ns

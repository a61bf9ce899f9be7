"""Whether a film on disk is already the one that would be edited: then ffmpeg need not run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from flows.edit.captions import webvtt
from flows.edit.marks import packet, read_identifier
from flows.edit.timeline import Timeline
from flows.errors import EditError


def edit_digest(timeline: Timeline, commands: Iterable[Sequence[str]], ffmpeg_version: str) -> str:
    """sha256 (hex) of everything that decides the finished files: what ffmpeg is told, word for word, and what is
    written beside it. Sources count by path, size and time of change, programs by version.

    Raises `EditError` for a source that is gone.
    """
    arguments = [words[1:] for words in commands]
    beside = webvtt(timeline), packet(timeline.title, "")
    decided = ffmpeg_version, arguments, beside, [(str(path), *_state(path)) for path in _sources(timeline)]
    return hashlib.sha256(repr(decided).encode()).hexdigest()


def check_sources(timeline: Timeline) -> None:
    """Raises `EditError` for a file of the film that is gone."""
    for path in _sources(timeline):
        _state(path)


def are_made(files: Iterable[Path], identifier: str) -> bool:
    """Whether every file is there and ends with the mark of this edit; the mark is written last, so it is whole."""
    return all(path.is_file() and read_identifier(path) == identifier for path in files)


def _sources(timeline: Timeline) -> list[Path]:
    files = [shown.file for entry in timeline.entries for shown in entry.ranges]
    files += [voice.file for voice in timeline.voices]
    return files + ([timeline.music.file] if timeline.music else [])


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise EditError(f"{path}: cannot be read any more ({error.strerror})") from error
    return status.st_size, status.st_mtime_ns

"""Long films: shots are first joined into lossless reels, so that one ffmpeg never opens hundreds of clips at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import ffmpeg

from flows.edit.picture import joined
from flows.edit.process import QUIET, run_ffmpeg
from flows.edit.timeline import Entry, Piece, Timeline

REEL = 60
"""Shots in a reel. 200 open clips of 256x144 take 0.4 GB, 50 of 1280x720 0.6 GB (docs/editing.md)."""


def wound_up(
    timeline: Timeline, work: Path, binary: Path, should_stop: Callable[[], bool] | None = None, length: int = REEL
) -> Timeline:
    """The same film with at most `length` entries: each is a reel in `work`. A short film is returned as it is.

    A transition between two reels stays one: the reel takes it over from its first shot.
    """
    level, size = 0, timeline.native
    while len(timeline.entries) > length:
        reels = []
        for number, begin in enumerate(range(0, len(timeline.entries), length)):
            path = work / f"reel-{level}-{number}.mkv"
            entries = timeline.entries[begin : begin + length]
            reels.append(_reel(entries, timeline.rate, size, path, binary, should_stop))
        timeline = replace(timeline, entries=tuple(reels))
        level += 1
    return timeline


def _reel(
    entries: Sequence[Entry],
    rate: Fraction,
    size: tuple[int, int],
    path: Path,
    binary: Path,
    should_stop: Callable[[], bool] | None,
) -> Entry:
    first, last = entries[0], entries[-1]
    frames = last.end - first.start
    alone = [replace(first, transition="cut", overlap=0), *entries[1:]]
    picture = joined(alone, rate, size).filter("format", "bgr0")
    output = ffmpeg.output(picture, str(path), f="matroska", **{"c:v": "ffv1", "g": 1, "slices": 4})
    run_ffmpeg(
        ffmpeg.compile(output.global_args(*QUIET), cmd=str(binary), overwrite_output=True), frames, None, should_stop
    )
    width, height = size
    pieces = (Piece(path, 0, frames),)
    return replace(first, pieces=pieces, frames=frames, rate=rate, width=width, height=height, caption=None)

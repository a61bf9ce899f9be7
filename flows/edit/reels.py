"""Long films: shots are first joined into lossless reels, so that one ffmpeg never opens hundreds of clips at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import ffmpeg

from flows.edit.picture import joined
from flows.edit.timeline import Entry, Piece, Timeline

REEL = 60
"""Shots in a reel. 200 open clips of 256x144 take 0.4 GB, 50 of 1280x720 0.6 GB (docs/editing.md)."""


class Reel(NamedTuple):
    """An output of ffmpeg-python, and how many frames it has."""

    output: Any
    frames: int


def wound_up(timeline: Timeline, work: Path, length: int = REEL) -> tuple[Timeline, list[Reel]]:
    """The same film with at most `length` entries, and the reels to be written into `work` for it, in this order.
    A short film is returned as it is, and needs none.

    A transition between two reels stays one: the reel takes it over from its first shot.
    """
    level, size = 0, timeline.native
    written: list[Reel] = []
    while len(timeline.entries) > length:
        reels = []
        for number, begin in enumerate(range(0, len(timeline.entries), length)):
            path = work / f"reel-{level}-{number}.mkv"
            entry, reel = _reel(timeline.entries[begin : begin + length], timeline.rate, size, path)
            reels.append(entry)
            written.append(reel)
        timeline = replace(timeline, entries=tuple(reels))
        level += 1
    return timeline, written


def _reel(entries: Sequence[Entry], rate: Fraction, size: tuple[int, int], path: Path) -> tuple[Entry, Reel]:
    first, last = entries[0], entries[-1]
    frames = last.end - first.start
    alone = [replace(first, transition="cut", overlap=0), *entries[1:]]
    picture = joined(alone, rate, size).filter("format", "bgr0")
    output = ffmpeg.output(picture, str(path), f="matroska", **{"c:v": "ffv1", "g": 1, "slices": 4})
    width, height = size
    pieces = (Piece(path, 0, frames),)
    entry = replace(first, pieces=pieces, frames=frames, rate=rate, width=width, height=height, caption=None)
    return entry, Reel(output, frames)

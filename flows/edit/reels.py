"""Long films: shots are first joined into lossless reels, so that one ffmpeg never opens hundreds of clips at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from flows.edit.graph import Output, written
from flows.edit.picture import joined
from flows.edit.timeline import Entry, SourceRange, Timeline

REEL = 60
"""Shots in a reel. 200 open clips of 256x144 take 0.4 GB, 50 of 1280x720 0.6 GB (docs/editing.md)."""


class Reel(NamedTuple):
    """A file to write, and how many frames it has."""

    output: Output
    frames: int


def in_reels(timeline: Timeline, work: Path, length: int = REEL) -> tuple[Timeline, list[Reel]]:
    """The same film with at most `length` entries, and the reels to be written into `work` for it, in this order.
    A short film is returned as it is, and needs none.

    A transition between two reels stays one: the reel takes it over from its first shot.
    """
    level, size = 0, timeline.native
    made: list[Reel] = []
    while len(timeline.entries) > length:
        reels = []
        for number, begin in enumerate(range(0, len(timeline.entries), length)):
            path = work / f"reel-{level}-{number}.mkv"
            entry, reel = _reel(timeline.entries[begin : begin + length], timeline.rate, size, path)
            reels.append(entry)
            made.append(reel)
        timeline = replace(timeline, entries=tuple(reels))
        level += 1
    return timeline, made


def _reel(entries: Sequence[Entry], rate: Fraction, size: tuple[int, int], path: Path) -> tuple[Entry, Reel]:
    first, last = entries[0], entries[-1]
    frames = last.end - first.start
    begun_by_a_cut = [replace(first, transition="cut", overlap=0), *entries[1:]]
    picture = joined(begun_by_a_cut, rate, size).filter("format", "bgr0")
    output = written([picture], path, {"f": "matroska", "c:v": "ffv1", "g": 1, "slices": 4})
    width, height = size
    ranges = (SourceRange(path, 0, frames),)
    entry = replace(first, ranges=ranges, frames=frames, rate=rate, width=width, height=height, caption=None)
    return entry, Reel(output, frames)

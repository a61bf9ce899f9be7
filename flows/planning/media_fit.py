"""Whether the files that drive a shot go together with each other, and are as long as the shot."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path

from flows.errors import Problem
from flows.resolve import Snapshot
from flows.shots.inputs import End, Input, ending, layers
from flows.storyboard.model import Shot

UNHEARD = 0.25
"""Seconds that a sound or video may be longer or shorter than its shot without a word."""
CROPPED = 0.02
"""Two videos whose shapes differ by less are cropped alike."""


def fit_problems(shot: Shot, snapshot: Snapshot) -> Iterator[Problem]:
    """Videos that lie over each other, and show different parts of a picture: each is cropped to the shot's shape."""
    for row, over, under in layers(shot):
        size, below = snapshot.image_sizes.get(over), snapshot.image_sizes.get(under)
        if size is None or below is None or _alike(size, below):
            continue
        message = (
            f"{over.name} is {size[0]}x{size[1]}, {under.name} {below[0]}x{below[1]}: they lie over each other and "
            "have different shapes"
        )
        yield _problem(shot, row, message, f"crop one of them to the shape of {under.name}")


def length_remarks(shot: Shot, snapshot: Snapshot) -> Iterator[Problem]:
    """Nothing wrong, but worth a word: what drives the shot ends before it does, or is longer than it."""
    seconds = snapshot.media_seconds
    for row, path, end in ending(shot):
        if shot.duration is not None and path in seconds:
            yield from _beside_the_shot(shot, shot.duration, row, path, seconds[path], end)
    for row, over, under in layers(shot) if shot.duration is None else ():
        if row.end is not None and over in seconds and under in seconds:
            yield from _beside_each_other(shot, row, (over, seconds[over]), (under, seconds[under]))


def _beside_the_shot(shot: Shot, wanted: float, row: Input, path: Path, seconds: float, end: End) -> Iterator[Problem]:
    then = end.late if seconds > wanted else end.early
    if abs(seconds - wanted) <= UNHEARD or not then:  # a part of a video is what a duration is for
        return
    what = "sound" if row.kind == "audio" else "mask" if row.over else "video"
    # not "without a duration": it may be inherited, and there is no way to take it off
    fix = f"with `duration: {ceil(seconds * 100) / 100:g}s` it is as long as its {what}"
    yield _problem(shot, row, f"{path.name} lasts {seconds:.2f} s, the shot {wanted:g} s: {then}", fix)


def _beside_each_other(
    shot: Shot, row: Input, over: tuple[Path, float], under: tuple[Path, float]
) -> Iterator[Problem]:
    if row.end is not None and under[1] - over[1] > UNHEARD:
        lengths = f"{over[0].name} lasts {over[1]:.2f} s, {under[0].name} {under[1]:.2f} s"
        yield _problem(shot, row, f"{lengths}: {row.end.early}", "make it as long")


def _alike(one: tuple[int, int], two: tuple[int, int]) -> bool:
    ratio = one[0] * two[1] / (one[1] * two[0])
    return abs(ratio - 1) <= CROPPED


def _problem(shot: Shot, row: Input, message: str, fix: str) -> Problem:
    return Problem(shot.where(row.key), message, fix, shot.full_id)

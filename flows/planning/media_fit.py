"""Whether the files that drive a shot go together with each other, and are as long as the shot."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path

from flows.errors import Problem
from flows.resolve import Snapshot, full_id
from flows.storyboard.model import Shot

UNHEARD = 0.25
"""Seconds that a sound or video may be longer or shorter than its shot without a word."""
CROPPED = 0.02
"""Two videos whose shapes differ by less are cropped alike."""


def fit_problems(shot: Shot, snapshot: Snapshot) -> Iterator[Problem]:
    """Videos that lie over each other, and show different parts of a picture: each is cropped to the shot's shape."""
    for key, first, others in _layers(shot):
        size = snapshot.image_sizes.get(first)
        for name, path in others.items():
            other = snapshot.image_sizes.get(path)
            if size is None or other is None or _alike(size, other):
                continue
            message = (
                f"{path.name} is {other[0]}x{other[1]}, {first.name} {size[0]}x{size[1]}: they lie over each other and "
                "have different shapes"
            )
            yield _problem(shot, f"{key}.{name}", message, f"crop one of them to the shape of {first.name}")


def length_remarks(shot: Shot, snapshot: Snapshot) -> Iterator[Problem]:
    """Nothing wrong, but worth a word: what drives the shot ends before it does, or is longer than it."""
    wanted = shot.duration
    for key, path, then in _drivers(shot):
        seconds = snapshot.media_seconds.get(path)
        if seconds is None or wanted is None or abs(seconds - wanted) <= UNHEARD:
            continue
        if seconds > wanted and key != "audio":
            continue  # a part of a video is what a duration is for
        end = "its end is not heard" if seconds > wanted else then
        message = f"{path.name} lasts {seconds:.2f} s, the shot {wanted:g} s: {end}"
        drives = {"audio": "sound", "control.mask": "mask"}.get(key, "video")
        # not "without a duration": it may be inherited, and there is no way to take it off
        yield _problem(
            shot, key, message, f"with `duration: {ceil(seconds * 100) / 100:g}s` it is as long as its {drives}"
        )
    control = shot.control
    if control is not None and control.video is not None and control.mask is not None and wanted is None:
        lengths = [snapshot.media_seconds.get(path) for path in (control.video, control.mask)]
        if lengths[0] is not None and lengths[1] is not None and lengths[0] - lengths[1] > UNHEARD:
            message = f"{control.mask.name} lasts {lengths[1]:.2f} s, {control.video.name} {lengths[0]:.2f} s"
            yield _problem(shot, "control.mask", f"{message}: its last frame stands for the rest", "make it as long")


def _layers(shot: Shot) -> Iterator[tuple[str, Path, dict[str, Path]]]:
    """Key of the shot, the video that counts, and those that lie over it."""
    if shot.control is not None and shot.control.video is not None and shot.control.mask is not None:
        yield "control", shot.control.video, {"mask": shot.control.mask}
    if shot.motion is not None and shot.motion.pose is not None:
        over = {name: path for name in ("background", "mask") if (path := getattr(shot.motion, name)) is not None}
        yield "motion", shot.motion.pose, over


def _drivers(shot: Shot) -> Iterator[tuple[str, Path, str]]:
    """Key, file, and what happens when it ends before the shot."""
    if shot.audio is not None:
        yield "audio", shot.audio, "the rest of the shot is silent"
    if shot.motion is not None and shot.audio is None:
        for name in ("video", "pose"):
            path = getattr(shot.motion, name)
            if path is not None:
                yield f"motion.{name}", path, "from there the motion runs backwards"
    if shot.control is not None:
        for name in ("video", "mask"):
            path = getattr(shot.control, name)
            if path is not None:
                yield f"control.{name}", path, "its last frame stands for the rest"
    if shot.video is not None:
        yield "video.file", shot.video.file, "its last frame stands for the rest"


def _alike(one: tuple[int, int], two: tuple[int, int]) -> bool:
    ratio = one[0] * two[1] / (one[1] * two[0])
    return abs(ratio - 1) <= CROPPED


def _problem(shot: Shot, key: str, message: str, fix: str) -> Problem:
    return Problem(shot.where(key), message, fix, full_id(shot.scene, shot.id))

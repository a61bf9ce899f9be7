"""One person followed through a video. Of several people it is the one who is large and near the middle at first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from wan.errors import RequestError
from wan.request import Size
from wan.variants.animate.preprocess.detector import Boxes

Box = npt.NDArray[np.float32]
"""`[4]`: left, top, right, bottom in pixels."""

LONGEST_GAP = 0.5
"""Seconds for which the person may go unseen: the box moves evenly in between."""
_SURE = 0.3
_LEAST_OVERLAP = 0.2


def follow(found: Sequence[Boxes], size: Size, fps: float) -> list[Box]:
    """The person's box in every frame, from everybody found in each (`PersonDetector.people`).

    Raises `RequestError` that names the frames in which nobody, or not this person, is to be seen.
    """
    seen: dict[int, Box] = {}
    last: Box | None = None
    for number, boxes in enumerate(found):
        box = main_person(boxes, size) if last is None else _next(boxes, last)
        if box is not None:
            seen[number] = last = box
    _check_gaps(sorted(seen), len(found), fps)
    return _filled(seen, len(found))


def main_person(boxes: Boxes, size: Size) -> Box | None:
    """Of those surely in a frame of `size` the one who is largest, where the middle counts more than the edge."""
    sure = boxes[boxes[:, 4] >= _SURE]
    if len(sure) == 0:
        return None
    middles = (sure[:, :2] + sure[:, 2:4]) / 2
    away = np.hypot(middles[:, 0] / size[0] - 0.5, middles[:, 1] / size[1] - 0.5) / np.hypot(0.5, 0.5)
    areas = (sure[:, 2] - sure[:, 0]) * (sure[:, 3] - sure[:, 1])
    best: Box = sure[np.argmax(areas * (1 - 0.5 * away)), :4]
    return best


def most_people(found: Sequence[Boxes]) -> int:
    """How many people are surely in one frame at the same time."""
    return max((int((boxes[:, 4] >= _SURE).sum()) for boxes in found), default=0)


def _next(boxes: Boxes, last: Box) -> Box | None:
    if len(boxes) == 0:
        return None
    overlaps = _overlap(boxes, last)
    best = int(np.argmax(overlaps))
    return boxes[best, :4] if overlaps[best] >= _LEAST_OVERLAP else None


def _overlap(boxes: Boxes, other: Box) -> npt.NDArray[np.float32]:
    """Intersection over union of each box with `other`."""
    corner = np.maximum(boxes[:, :2], other[:2])
    opposite = np.minimum(boxes[:, 2:4], other[2:])
    common = np.prod((opposite - corner).clip(0), axis=1)
    areas = np.prod(boxes[:, 2:4] - boxes[:, :2], axis=1) + np.prod(other[2:] - other[:2])
    overlap: npt.NDArray[np.float32] = common / np.maximum(areas - common, 1e-6)
    return overlap


def _check_gaps(seen: Sequence[int], frames: int, fps: float) -> None:
    edges = [-1, *seen, frames]
    for before, after in pairwise(edges):
        if after - before - 1 > (LONGEST_GAP * fps if seen else 0):
            first, last = before + 1, after - 1
            who = "the person is not" if seen else "no person is"
            when = f"frames {first} to {last} ({first / fps:.1f} s to {last / fps:.1f} s)"
            fix = "cut the video so that one person is in view all the time"
            raise RequestError(f"motion.video: {who} to be seen in {when}; {fix}")


def _filled(seen: dict[int, Box], frames: int) -> list[Box]:
    """Boxes between those seen move evenly; before the first and after the last they stand still."""
    known = sorted(seen)
    values = np.stack([seen[number] for number in known])
    every = [np.interp(range(frames), known, values[:, side]) for side in range(4)]
    return list(np.stack(every, axis=1).astype(np.float32))

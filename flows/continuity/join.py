"""One join, measured: the last frames before it and the first frames after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from flows.continuity import steps
from flows.continuity.colour import delta_e, lab
from flows.continuity.flow import BLOCK, Flow, costs, flow, moved
from flows.continuity.frames import SMALL, TINY, Frame, Numbers, coded, light, linear, luma, shrunk
from flows.continuity.motion import change, steps_taken
from flows.continuity.sharpness import sharpness_step
from flows.continuity.similarity import WINDOW, similarity

_FLOW = 2
"""Steps on each side that motion is taken from."""
_SHARP = 4
"""Frames on each side that detail is compared in: as many as an autoencoder makes at once."""
_EVEN = 2.0
"""Where motion goes this many times further in one step than in another, a step without any is none that is doubled."""
_CAST = 0.5
_MORE = 0.15
"""Where a step changes so much more than any of those around it, it need not have gone further than the longest of them
to be too long, but than most."""
_LEAST = max(WINDOW, 2 * BLOCK)


def measure_join(before: Sequence[Frame] | Frame, after: Sequence[Frame] | Frame) -> dict[str, float]:
    """The measures of a join (`flows.measures`, without `ghost`) that can be told: of shots of one frame fewer.

    `before` and `after` are the last and the first frames (`flows.seams.meeting.FRAMES`), uint8 `[H, W, 3]`, in
    the film's order, one or more."""
    here = [shrunk(frame, TINY) for frame in before]
    frames = [*here, *(_fitted(shrunk(frame, TINY), here[-1]) for frame in after)]
    small = [luma(frame) for frame in frames]
    at = len(here) - 1
    found = {"flash": steps.jump_at([light(frame) for frame in frames], at)}
    if before[-1].shape == after[0].shape:
        found["sharpness"] = sharpness_step(before[-_SHARP:], after[:_SHARP])
    if len(small) > 2:
        found |= _in_one_step([coded(frame) for frame in frames], at)
    if min(small[0].shape) < _LEAST:
        return found
    matched = flow(costs(small[at], small[at + 1]))
    last = shrunk(before[-1], SMALL)
    found["delta_e"] = _colour(last, _fitted(shrunk(after[0], SMALL), last), matched)
    found["similarity"] = _similarity(small[at], small[at + 1], matched)
    if found["delta_e"] > _CAST and "dropped" in found:  # it is more than motion that changes
        found["dropped"] = 0.0
    if min(len(before), len(after)) > _FLOW:
        found |= _motion(small[at - _FLOW : at + _FLOW + 2], found)
    return found


def _in_one_step(pictures: Sequence[Numbers], at: int) -> dict[str, float]:
    """What changes in the step of the join, against the steps around; and whether it shows a frame again. Where none of
    the steps changes anything, nothing is doubled: it stands, which is measured of shots."""
    pairs = list(pairwise(pictures))
    again = steps.shown_again([steps.difference(*pair) for pair in pairs])
    here = any(first <= at < first + many for first, many in again)
    everywhere = sum(many for _, many in again) == len(pairs)
    changes = [steps.change(*pair) for pair in pairs]
    jump = steps.against_around(changes)[at]
    return {"jump": float(jump), "doubled": float(here and not everywhere), "dropped": steps.further(changes, at)}


def _motion(pictures: Sequence[Numbers], known: Mapping[str, float]) -> dict[str, float]:
    """From _FLOW steps before the join and as many after it. Over a cut no motion goes any way."""
    around = [costs(*pair) for number, pair in enumerate(pairwise(pictures)) if number != _FLOW]
    found: dict[str, float] = {}
    other = change(around[:_FLOW], around[_FLOW:])
    if other is not None and (not other.stops or _unlike(pictures)):
        found["motion"] = other.share
    taken = None if known["jump"] > steps.CUT else steps_taken(pictures, around, _FLOW)
    if taken is not None:
        here = taken.pop(_FLOW)
        more = known["dropped"] > _MORE
        found["dropped"] = max(known["dropped"], here / (float(np.median(taken)) if more else max(taken)) - 1)
        if here < steps.STILL * min(taken) and max(taken) < _EVEN * min(taken):
            found["doubled"] = 1.0
    return found


def _unlike(pictures: Sequence[Numbers]) -> bool:
    """Whether more changes on one side of a join than on the other. Where as much does, nothing has stopped: what moves
    is too slow, or too faint, for blocks to follow on one side."""
    changes = [steps.change(*pair) for pair in pairwise(pictures)]
    one, other = sum(changes[:_FLOW]), sum(changes[_FLOW + 1 :])
    return max(one, other) > steps.EVEN * min(one, other)


def _colour(one: Frame, other: Frame, way: Flow) -> float:
    """Median CIEDE2000 of blocks and what they are matched with: of what both frames show, whatever moves before it."""
    rows, columns = way.down.shape
    times = max(1, round(one.shape[1] / (columns * BLOCK)))
    side = BLOCK * times
    light_1, light_2 = linear(one), linear(other)
    colours: list[tuple[Numbers, Numbers]] = []
    for row in range(rows):
        for column in range(columns):
            down = round(float(way.down[row, column]) * times)
            across = round(float(way.across[row, column]) * times)
            top = min(max(0, row * side + down), other.shape[0] - side)
            left = min(max(0, column * side + across), other.shape[1] - side)
            block = light_1[row * side : (row + 1) * side, column * side : (column + 1) * side]
            colours.append((block.mean((0, 1)), light_2[top : top + side, left : left + side].mean((0, 1))))
    first, second = (lab(np.stack(side_)) for side_ in zip(*colours, strict=True))
    return float(np.median(delta_e(first, second)))


def _similarity(one: Numbers, other: Numbers, way: Flow) -> float:
    there = moved(one, way)
    return similarity(there, other[: there.shape[0], : there.shape[1]])


def _fitted(frame: Frame, like: Frame) -> Frame:
    """The frame at the size of another, by its nearest pixels."""
    if frame.shape == like.shape:
        return frame
    rows = np.arange(like.shape[0]) * frame.shape[0] // like.shape[0]
    columns = np.arange(like.shape[1]) * frame.shape[1] // like.shape[1]
    nearest: Frame = frame[rows][:, columns]
    return nearest

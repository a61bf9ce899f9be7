"""How motion goes over a join: how far it went in the one step, and whether it is the same motion after it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from flows.continuity.flow import BLOCK, Costs, Flow, cost_of, flow
from flows.continuity.frames import Numbers

SLOW = 0.15
"""Pixels a frame, of the small picture: what goes less far stands."""
SEEN = 2 * SLOW
"""A motion as slow as this may begin or end, and is not seen to."""
TOLD = 0.05
"""The least part of its motion that a step must have gone as its neighbours did, or nothing is said of it."""
_BLURS = 2


@dataclass(frozen=True, slots=True)
class Velocity:
    """What moves goes so many pixels a frame of the small picture `across` and `down`, and grows by `zoom` a frame
    (0.01 is one hundredth) about its middle. `speed` is that of its parts, whichever way they go."""

    across: float
    down: float
    zoom: float
    speed: float


@dataclass(frozen=True, slots=True)
class Change:
    """`share`: the difference of the velocities before and after a join against the larger (0 the same, 1 one of them
    stands, 2 it goes back). `turn`: degrees between their directions, None where one goes nowhere."""

    share: float
    before: Velocity
    after: Velocity

    @property
    def stops(self) -> bool:
        """Whether one of them stands."""
        return min(self.before.speed, self.after.speed) < SLOW

    @property
    def turn(self) -> float | None:
        """0 to 180."""
        sides = (self.before, self.after)
        if any(math.hypot(side.across, side.down) < SLOW for side in sides):
            return None
        one, other = (math.atan2(side.down, side.across) for side in sides)
        return abs((math.degrees(other - one) + 180) % 360 - 180)


def change(before: Sequence[Costs], after: Sequence[Costs]) -> Change | None:
    """Of the motion of the steps before a join and of those after it; None where nothing moves on either side."""
    one, other = flow(*before), flow(*after)
    speed = np.maximum(np.hypot(one.down, one.across), np.hypot(other.down, other.across))
    weights = np.where(speed > SLOW, _gain(before, one) + _gain(after, other), 0).astype(np.float32)
    if weights.sum() <= 0:
        return None
    first, second = velocity(one, weights), velocity(other, weights)
    apart = velocity(Flow(other.down - one.down, other.across - one.across, one.residual), weights)
    most = max(first.speed, second.speed)
    return Change(apart.speed / most, first, second) if most > SEEN else None


def velocity(way: Flow, weights: Numbers) -> Velocity:
    """Translation and growth that suit the blocks best, by least squares."""
    rows, columns = way.down.shape
    y, x = np.mgrid[:rows, :columns].astype(np.float32) * BLOCK
    share = weights / weights.sum()
    x, y = x - (share * x).sum(), y - (share * y).sum()
    across, down = float((share * way.across).sum()), float((share * way.down).sum())
    extent = float((share * (x * x + y * y)).sum())
    zoom = float((share * (x * way.across + y * way.down)).sum()) / extent if extent > 0 else 0.0
    return Velocity(across, down, zoom, math.sqrt(across**2 + down**2 + zoom**2 * extent))


def steps_taken(pictures: Sequence[Numbers], around: Sequence[Costs], join: int) -> list[float] | None:
    """How far the motion around a join went in every step, as parts of that motion: in an even film all are alike. Near
    0 in a step whose frame is shown twice, twice the others where one is missing.

    `pictures` are lumas, `join` the step between two of them that may be wrong, `around` the costs of the other steps,
    which alone say what the motion is. A step is projected on what that motion would change: noise and light that
    flickers are not like it. None where too little moves.
    """
    way = flow(*around)
    weights = np.where(np.hypot(way.down, way.across) > SLOW, _gain(around, way), 0)
    if weights.max() <= 0:
        return None
    shape = weights.shape[0] * BLOCK, weights.shape[1] * BLOCK
    share = _blurred(_spread(np.sqrt(weights / weights.max()).astype(np.float32)), _BLURS)
    down, across = share * _spread(way.down), share * _spread(way.across)
    soft = [_blurred(picture, _BLURS)[: shape[0], : shape[1]] for picture in pictures]
    taken = [_projected(one, other, down, across) for one, other in pairwise(soft)]
    others = [value for number, value in enumerate(taken) if number != join]
    return taken if float(np.median(others)) > TOLD and min(others) > 0 else None


def _projected(one: Numbers, other: Numbers, down: Numbers, across: Numbers) -> float:
    """By the equation of optical flow: what changes at a place is the motion times the slope there."""
    slope_down, slope_across = np.gradient((one + other) / 2)
    expected = -(down * slope_down + across * slope_across)
    changed = other - one
    changed = changed - np.median(changed)
    return float((changed * expected).sum() / max(float((expected * expected).sum()), 1e-9))


def _gain(steps: Sequence[Costs], way: Flow) -> Numbers:
    """How much better the motion suits than none, of every block."""
    zero = np.zeros_like(way.down)
    resting: Numbers = sum((cost_of(each, zero, zero) for each in steps), zero) / len(steps)
    gained: Numbers = np.maximum(resting - way.residual, 0)
    return gained


def _spread(blocks: Numbers) -> Numbers:
    return np.repeat(np.repeat(blocks, BLOCK, 0), BLOCK, 1)


def _blurred(picture: Numbers, times: int) -> Numbers:
    """By (1, 2, 1) / 4 down and across."""
    for _ in range(times):
        wide = np.pad(picture, 1, mode="edge")
        tall = (wide[:-2] + 2 * wide[1:-1] + wide[2:]) / 4
        picture = (tall[:, :-2] + 2 * tall[:, 1:-1] + tall[:, 2:]) / 4
    return picture

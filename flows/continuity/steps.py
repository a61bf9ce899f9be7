"""A film step by step: how much changes from each frame to the next, and what of that is no motion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from flows.continuity.frames import Numbers

Series = npt.NDArray[np.float64]

AROUND = 3
"""Steps on each side that a step is compared with."""
STILL = 0.35
"""A step with less than this share of the motion around shows a frame again. Steps of clips that were rendered differ
by a quarter at most (docs/benchmarks.md)."""
NOTHING = 0.01
"""Percent of full range: less than this is no change at all."""
CUT, CUT_LEAST = 5.0, 1.0
"""A step that changes so many times more than those around it, and so many percent of full range, is a cut."""
NEAR = 2
"""Steps on each side that are still about as long where motion grows slower or faster."""
EVEN = 1.5
"""Steps of which none changes so many times more than another are even."""
HELD = 0.25
"""If more than this share of the frames of a shot are shown again, it is drawn so (on twos), and none of them is a
fault."""
SHORT = 3
"""Frames in a row that are shown again are doubled; so many or more stand."""
_DARK = 0.002
"""Added to light: a change in what is nearly black is seen by nobody."""


def difference(one: Numbers, other: Numbers) -> float:
    """Mean absolute difference of two pictures `[H, W, 3]` (1 is full range), in percent of it: of all colours, since
    what is as bright as its ground moves, too."""
    return float(np.abs(other - one).mean()) * 100


def change(one: Numbers, other: Numbers) -> float:
    """The same without what the whole picture gains of each colour: light and casts are measured by themselves."""
    apart = other - one
    return float(np.abs(apart - np.median(apart, axis=(0, 1))).mean()) * 100


def against_around(changes: Sequence[float] | Series) -> Series:
    """Every step against the median of those around it that are steps at all; 1 where there are none."""
    values = np.asarray(changes, np.float64)
    ratios = np.ones(len(values))
    for number, value in enumerate(values):
        near = np.r_[values[max(0, number - AROUND) : number], values[number + 1 : number + 1 + AROUND]]
        near = near[near > NOTHING]
        if len(near):
            ratios[number] = value / np.median(near)
    return ratios


def further(changes: Sequence[float], step: int) -> float:
    """How many steps more than one a step has gone, where those around it are so even that it can be told from how much
    changes: then twice as much is twice as far. Else 0."""
    values = np.asarray(changes, np.float64)
    others = np.r_[values[max(0, step - NEAR) : step], values[step + 1 : step + 1 + NEAR]]
    if others.min() <= NOTHING or others.max() > EVEN * others.min() or values[step] > CUT * others.max():
        return 0.0
    return float(max(0.0, values[step] / others.max() - 1))


def shown_again(differences: Sequence[float]) -> list[tuple[int, int]]:
    """Runs of steps in which nothing differs though it does in the others, as (first step, how many)."""
    values = np.asarray(differences, np.float64)
    moving = values[values > NOTHING]
    usual = float(np.median(moving)) if len(moving) else 0.0
    still = (values <= NOTHING) | ((values < STILL * usual) & (against_around(values) < STILL))
    runs: list[tuple[int, int]] = []
    for number in np.flatnonzero(still):
        if runs and sum(runs[-1]) == number:
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((int(number), 1))
    return runs


def doubled(differences: Sequence[float]) -> int:
    """Frames that are shown twice or thrice, of a shot that is not drawn so."""
    count = sum(length for _, length in shown_again(differences) if length < SHORT)
    return 0 if count > HELD * len(differences) else count


def longest_stand(differences: Sequence[float]) -> int:
    """Most frames in a row that are shown again, if they are so many that one sees it stand."""
    return max((length for _, length in shown_again(differences) if length >= SHORT), default=0)


def cuts(changes: Sequence[float]) -> list[int]:
    """Steps that begin another picture."""
    ratios = against_around(changes)
    return [n for n, value in enumerate(changes) if value >= CUT_LEAST and ratios[n] >= CUT]


def jumps(lights: Sequence[float]) -> Series:
    """How much brighter (or darker, below 0) each frame is than the one before, as a share, beyond what those steps
    around it are: light that rises evenly does not jump."""
    values = np.log(np.asarray(lights, np.float64) + _DARK)
    gained = np.diff(values)
    beyond = np.zeros(len(gained))
    for number, value in enumerate(gained):
        near = np.r_[gained[max(0, number - AROUND) : number], gained[number + 1 : number + 1 + AROUND]]
        beyond[number] = value - (np.median(near) if len(near) else 0.0)
    return beyond


def jump_at(lights: Sequence[float], step: int) -> float:
    """How much brightness jumps in one step, as a share, beyond what flickers around it: of the other steps the
    greatest may be the way back, so the second greatest is taken for their flicker."""
    found = np.abs(jumps(lights))
    others = np.sort(np.delete(found, step))
    return float(max(0.0, found[step] - (others[-2] if len(others) > 1 else 0.0)))


def flashes(lights: Sequence[float], but: Sequence[int] = ()) -> float:
    """The greatest jump that is taken back within AROUND frames, as a share beyond twice the usual one; a lamp that
    stays on is none. `but`: steps that are left out, as are the first AROUND: a shot has only begun."""
    found = jumps(lights)
    usual = 2 * float(np.median(np.abs(found)))
    found[[*but, *range(min(AROUND, len(found)))]] = 0
    most = 0.0
    for number, jump in enumerate(found):
        back = -np.sign(jump) * found[number + 1 : number + 1 + AROUND]
        most = max(most, min(abs(jump), float(back.max(initial=0.0))))
    return max(0.0, most - usual)

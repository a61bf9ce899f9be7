"""Where the parts of a picture go from one frame to the next: block matching, in pixels of the small picture.

For every block of a frame the costs of all displacements are kept, not the least alone: those of several steps add up
to a motion that noise does not hide, and a known motion can be looked up in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from flows.continuity.frames import Numbers

Whole: TypeAlias = npt.NDArray[np.intp]

BLOCK = 8
"""Pixels of a block's side."""
AROUND = 4
"""Pixels around a block that are matched with it."""
GRAIN = 4e-6
"""Mean squared difference that comes of eight bits alone (2 / 12 of a step squared, and half as much again): what is
gained by less than this is no motion."""
REACH = 6
"""Pixels that a block is looked for in every direction: at a width of 128, a twentieth of the picture a frame."""


@dataclass(frozen=True, slots=True)
class Costs:
    """`values` `[rows, columns, 2 REACH + 1, 2 REACH + 1]`: mean squared difference (1 is full range) of every block
    from where it would be after going so far down and across; what the whole picture gained in brightness is left out.
    `texture` `[rows, columns]`: variance of the block."""

    values: Numbers
    texture: Numbers


@dataclass(frozen=True, slots=True)
class Flow:
    """Pixels down and across that every block goes, `[rows, columns]` each, and what still differs there."""

    down: Numbers
    across: Numbers
    residual: Numbers


def costs(one: Numbers, other: Numbers) -> Costs:
    """Of two lumas `[H, W]` of one size; both sides BLOCK pixels or more."""
    gained = float(np.median(other - one))
    rows, columns = one.shape[0] // BLOCK, one.shape[1] // BLOCK
    here = np.pad(one, AROUND, mode="edge")
    there = np.pad(other - gained, AROUND + REACH, mode="edge")
    height, width = here.shape
    side = 2 * REACH + 1
    values = np.empty((side, side, rows, columns), np.float32)
    for down in range(side):
        for across in range(side):
            apart = there[down : down + height, across : across + width] - here
            values[down, across] = _block_means(apart * apart, rows, columns)
    mean = _block_means(here, rows, columns)
    texture = np.maximum(_block_means(here * here, rows, columns) - mean * mean, 0)
    return Costs(np.ascontiguousarray(values.transpose(2, 3, 0, 1)), texture)


def flow(*found: Costs) -> Flow:
    """The motion that suits all of these steps best, to a part of a pixel. Where nothing tells one displacement from
    another, none is taken."""
    total = sum((each.values for each in found[1:]), found[0].values) / len(found)
    rows, columns, side, _ = total.shape
    resting = total[:, :, REACH, REACH]
    flat = total.reshape(rows, columns, -1)
    best = flat.argmin(-1)
    least = flat.min(-1)
    best = np.where(least < 0.9 * resting - GRAIN, best, REACH * side + REACH)
    down, across = best // side, best % side
    return Flow(
        down=(down - REACH + _vertex(total, down, across, (1, 0))).astype(np.float32),
        across=(across - REACH + _vertex(total, down, across, (0, 1))).astype(np.float32),
        residual=np.take_along_axis(flat, best[..., None], -1)[..., 0],
    )


def _vertex(total: Numbers, down: Whole, across: Whole, way: tuple[int, int]) -> Numbers:
    """How far beside the best displacement a parabola through its neighbours has its least, within half a pixel."""
    rows, columns, side, _ = total.shape
    i, j = np.ogrid[:rows, :columns]

    def at(step: int) -> Numbers:
        return total[i, j, np.clip(down + step * way[0], 0, side - 1), np.clip(across + step * way[1], 0, side - 1)]

    before, here, after = at(-1), at(0), at(1)
    bend = before + after - 2 * here
    inside = (bend > 1e-9) & (before >= here) & (after >= here) & (total[i, j, REACH, REACH] > 0)
    beside: Numbers = np.where(inside, 0.5 * (before - after) / np.where(bend > 1e-9, bend, 1), 0)
    return np.clip(beside, -0.5, 0.5)


def cost_of(found: Costs, down: Numbers, across: Numbers) -> Numbers:
    """What blocks differ if they go so far; between whole pixels by the four around, beyond REACH that at its edge."""
    side = 2 * REACH + 1
    y, x = np.clip(down + REACH, 0, side - 1.001), np.clip(across + REACH, 0, side - 1.001)
    top, left = y.astype(int), x.astype(int)
    low, right = (y - top).astype(np.float32), (x - left).astype(np.float32)
    i, j = np.ogrid[: down.shape[0], : down.shape[1]]
    values = found.values
    above = values[i, j, top, left] * (1 - right) + values[i, j, top, left + 1] * right
    below = values[i, j, top + 1, left] * (1 - right) + values[i, j, top + 1, left + 1] * right
    mixed: Numbers = above * (1 - low) + below * low
    return mixed


def moved(picture: Numbers, way: Flow) -> Numbers:
    """The picture with every block where it goes: for each place of the later frame what was there before, by the
    motion of the block at that place. `[rows * BLOCK, columns * BLOCK]`."""
    rows, columns = way.down.shape
    y, x = np.mgrid[: rows * BLOCK, : columns * BLOCK].astype(np.float32)
    y -= np.repeat(np.repeat(way.down, BLOCK, 0), BLOCK, 1)
    x -= np.repeat(np.repeat(way.across, BLOCK, 0), BLOCK, 1)
    y, x = np.clip(y, 0, picture.shape[0] - 1.001), np.clip(x, 0, picture.shape[1] - 1.001)
    top, left = y.astype(int), x.astype(int)
    low, right = y - top, x - left
    above = picture[top, left] * (1 - right) + picture[top, left + 1] * right
    below = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
    mixed: Numbers = above * (1 - low) + below * low
    return mixed


def _block_means(values: Numbers, rows: int, columns: int) -> Numbers:
    """Means over every block and what is AROUND it; `values` has AROUND at its edges."""
    parts = values[: rows * BLOCK + 2 * AROUND, : columns * BLOCK + 2 * AROUND]
    half = AROUND
    cells = parts.reshape(parts.shape[0] // half, half, parts.shape[1] // half, half).sum((1, 3))
    per, span = BLOCK // half, BLOCK // half + 2
    sums = sum(
        cells[down : down + rows * per : per, across : across + columns * per : per]
        for down in range(span)
        for across in range(span)
    )
    means: Numbers = np.asarray(sums, np.float32) / np.float32((span * half) ** 2)
    return means

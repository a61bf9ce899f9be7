"""Reads from a figure's pixels where its joints are, frame by frame.

It knows how `wan.tiny.figures` draws and the look that was asked for, and nothing of models or motions. Every pixel
belongs to the part whose colour it is nearest to, or to the backdrop; the body's outline gives neck and pelvis, and so
shoulders and hips; each limb is the pair of angles whose outline covers the limb's pixels best.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from wan.tiny import backdrops, paint
from wan.tiny.figures import (
    ARM,
    BODY,
    BODY_WIDTH,
    HEAD_RADIUS,
    HIP,
    JOINTS,
    LEG,
    LIMB_WIDTH,
    LIMBS,
    SHOULDER,
    FigureLook,
)  # fmt: skip
from wan.tiny.judge import largest_blob

GRID, REACH = 44, 0.40
"""Samples a side of a limb's outline and its half-extent, of the height at size 1."""
TURNS, BENDS, MOST_BEND = 60, 37, 2.6
"""Directions of the upper part and bends of the lower one that are tried, and the largest bend in radians."""
MAX_DISTANCE, LEAST_BODY, LEAST_FIT = 0.30, 0.3, 0.35
"""How far a pixel's colour may be from a part's; the share of the body's outline that must be seen; and the overlap
of a limb's outline with what is seen (intersection over union) below which it is none."""
BACKDROP_FIRST = 0.7
MISSING = 0.25
"""Share of a clip's readings that may fail before there is no figure in it."""


@torch.no_grad()
def read_joints(clip: Tensor, look: FigureLook) -> Tensor | None:
    """Joints `[F, 15, 2]` (x, y of the height) of a figure of that look; nan where a part cannot be seen.

    None when there is no such figure. `clip` is `uint8` `[F, H, W, 3]`.
    """
    video = clip.permute(0, 3, 1, 2).float() / 255
    parts = _parts(video, look)
    height = video.shape[-2]
    x, y = paint.coordinates(video.shape[-1], height, video.device)
    expected = (2 * BODY_WIDTH * BODY + math.pi * BODY_WIDTH**2) * height**2
    areas = parts[:, 1].sum((-1, -2))
    size = float((areas.median() / expected).sqrt())
    if not 0.5 < size < 1.6:
        return None
    joints = torch.full((len(video), len(JOINTS), 2), math.nan, device=video.device)
    seen = areas > LEAST_BODY * expected * size**2
    neck, pelvis = _body(parts[:, 1], x, y, size)
    head, head_seen = (
        _centre(parts[:, 0], x, y),
        parts[:, 0].sum((-1, -2)) > 0.3 * math.pi * (HEAD_RADIUS * size * height) ** 2,
    )
    joints[:, 0] = torch.where(head_seen[:, None], head, math.nan)
    joints[:, 1], joints[:, 2] = neck, pelvis
    down = F.normalize(pelvis - neck, dim=1)
    across = torch.stack([down[:, 1], -down[:, 0]], dim=1)
    for number, limb in enumerate(LIMBS):
        side = (-1, 1)[number % 2]
        root = neck + 0.03 * size * down if number < 2 else pelvis
        root = root + side * (SHOULDER if number < 2 else HIP) * size * across
        others = torch.cat([parts[:, : 2 + number], parts[:, 3 + number :]], dim=1).amax(1)
        lengths = ARM if number < 2 else LEG
        elbow, hand, fit = _limb(parts[:, 2 + number], others, root, lengths, size)
        joints[:, limb[0]] = root
        bad = (fit < LEAST_FIT)[:, None]
        joints[:, limb[1]], joints[:, limb[2]] = elbow.masked_fill(bad, math.nan), hand.masked_fill(bad, math.nan)
    joints[~seen] = math.nan
    return None if float(joints.isnan().float().mean()) > MISSING else joints


def _parts(video: Tensor, look: FigureLook) -> Tensor:
    """Which pixels belong to head, body, and the four limbs: `[F, 6, H, W]`, 0 or 1."""
    still = backdrops.stills(video.shape[-1], video.shape[-2], str(video.device))[
        backdrops.index_of(look.place, look.light)
    ]
    colours = torch.tensor(look.parts, device=video.device)
    away = [(video - colour[:, None, None]).norm(dim=1) for colour in colours]
    # what is about as near to the backdrop as to a part is backdrop: a dusky sky is not far from a body
    away.append(BACKDROP_FIRST * (video - still).norm(dim=1))
    nearest = torch.stack(away, dim=1)
    lowest = nearest.min(dim=1)
    which = torch.where(lowest.values < MAX_DISTANCE, lowest.indices, 6)
    parts = torch.stack([(which == part).float() for part in range(6)], dim=1)
    # specks of a body's colour elsewhere would make it too large
    parts[:, 1:2] = largest_blob(parts[:, 1:2].transpose(0, 1)).transpose(0, 1)
    return parts


def _centre(mask: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The middle `[F, 2]` of masks `[F, H, W]`."""
    total = mask.sum((-1, -2)).clamp(min=1)
    return torch.stack([(mask * x).sum((-1, -2)) / total, (mask * y).sum((-1, -2)) / total], dim=1)


def _body(mask: Tensor, x: Tensor, y: Tensor, size: float) -> tuple[Tensor, Tensor]:
    """Neck and pelvis `[F, 2]`: the long axis of the body's pixels, and its ends."""
    mask = (F.avg_pool2d(mask[:, None], 3, stride=1, padding=1)[:, 0] > 0.5).float()
    middle = _centre(mask, x, y)
    dx, dy = x - middle[:, 0, None, None], y - middle[:, 1, None, None]
    total = mask.sum((-1, -2)).clamp(min=1)
    xx, yy, xy = ((mask * a).sum((-1, -2)) / total for a in (dx * dx, dy * dy, dx * dy))
    angle = 0.5 * torch.atan2(2 * xy, yy - xx)
    axis = torch.stack([angle.sin(), angle.cos()], dim=1)
    along = dx * axis[:, 0, None, None] + dy * axis[:, 1, None, None]
    lowest = along.masked_fill(mask < 0.5, -9).flatten(1).topk(12, dim=1).values.mean(1)
    pelvis = middle + (lowest - BODY_WIDTH * size)[:, None] * axis
    return pelvis - BODY * size * axis, pelvis


@cache
def _angles() -> tuple[Tensor, Tensor]:
    turns = torch.arange(TURNS) * (2 * math.pi / TURNS)
    bends = torch.linspace(-MOST_BEND, MOST_BEND, BENDS)
    return turns.repeat_interleave(BENDS), (turns[:, None] + bends).flatten()


def _grid(device: torch.device) -> tuple[Tensor, Tensor]:
    line = ((torch.arange(GRID, device=device) + 0.5) / GRID * 2 - 1) * REACH
    return line[None, :], line[:, None]


def _outlines(upper: Tensor, lower: Tensor, lengths: tuple[float, float], device: torch.device) -> Tensor:
    """Outlines `[N, GRID · GRID]` of limbs that begin in the middle, at size 1."""
    x, y = _grid(device)
    middle = torch.zeros(len(upper), 2, device=device)
    elbow = lengths[0] * torch.stack([upper.sin(), upper.cos()], dim=1)
    hand = elbow + lengths[1] * torch.stack([lower.sin(), lower.cos()], dim=1)
    distance = torch.minimum(paint.line(x, y, middle, elbow, LIMB_WIDTH), paint.line(x, y, elbow, hand, LIMB_WIDTH))
    return (distance < 0).float().flatten(1)


@cache
def _all_outlines(lengths: tuple[float, float], device: str) -> Tensor:
    upper, lower = (angles.to(device) for angles in _angles())
    return _outlines(upper, lower, lengths, torch.device(device))


def _limb(
    mask: Tensor, others: Tensor, root: Tensor, lengths: tuple[float, float], size: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Elbow and hand (or knee and foot) `[F, 2]`, and how well the best outline fits `[F]`."""
    seen, free = _crop(mask, root, size), 1 - _crop(others, root, size)
    seen = seen * free
    table = _all_outlines(lengths, str(mask.device))
    best = _overlap(seen @ table.T, free @ table.T, seen.sum(1, keepdim=True)).argmax(1)
    upper, lower = (angles.to(mask.device)[best] for angles in _angles())
    fit = seen.new_zeros(len(seen))
    for step in (0.045, 0.018):
        nudge = torch.arange(-3, 4, device=mask.device) * step
        first, second = (n.flatten() for n in torch.meshgrid(nudge, nudge, indexing="ij"))
        for frame in range(len(seen)):
            near = _outlines(upper[frame] + first, lower[frame] + second, lengths, mask.device)
            overlap = _overlap(near @ seen[frame], near @ free[frame], seen[frame].sum())
            # several outlines may cover the same samples: their mean is the best guess
            top = overlap >= overlap.max() - 1e-4
            upper[frame] += first[top].mean()
            lower[frame] += second[top].mean()
            fit[frame] = overlap.max()
    elbow = root + size * lengths[0] * torch.stack([upper.sin(), upper.cos()], dim=1)
    hand = elbow + size * lengths[1] * torch.stack([lower.sin(), lower.cos()], dim=1)
    return elbow, hand, fit


def _overlap(both: Tensor, outline: Tensor, seen: Tensor) -> Tensor:
    return both / (outline + seen - both).clamp(min=1)


def _crop(mask: Tensor, root: Tensor, size: float) -> Tensor:
    """Masks `[F, H, W]` around roots `[F, 2]`, `[F, GRID · GRID]`, 0 or 1."""
    height, width = mask.shape[-2:]
    x, y = _grid(mask.device)
    across = (root[:, 0, None, None] + x * size) * (2 * height / width) - 1
    along = (root[:, 1, None, None] + y * size) * 2 - 1
    shape = (len(mask), GRID, GRID)
    where = torch.stack([across.expand(shape), along.expand(shape)], dim=-1)
    return (F.grid_sample(mask[:, None], where, align_corners=False)[:, 0] > 0.5).float().flatten(1)

"""Compares a sprite's mask with the world's eight outlines: both brought to one centre and one area."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from wan.tiny import sprites
from wan.tiny.world import SHAPES

GRID, SPAN = 40, 1.9
"""Samples a side of the comparison, and its half-extent in units of √(area/π)."""
TILTS = (-0.1, 0.0, 0.1)


@cache
def templates(device: str) -> Tensor:
    """The outlines, `[shapes, tilts, GRID, GRID]`, 0 or 1."""
    inside = (sprites.atlas(device)[:, 0] < 0).float()
    line = (torch.arange(sprites.ATLAS, device=device) + 0.5) / sprites.ATLAS * 2 * sprites.REACH - sprites.REACH
    total = inside.sum((-1, -2))
    radius = (total * (2 * sprites.REACH / sprites.ATLAS) ** 2 / math.pi).sqrt()
    x = (inside.sum(-2) * line).sum(-1) / total
    y = (inside.sum(-1) * line).sum(-1) / total
    pictures = []
    for tilt in TILTS:
        grid = _grid(device)
        cos, sin = math.cos(tilt), math.sin(tilt)
        turned = torch.stack(
            [cos * grid[..., 0] + sin * grid[..., 1], -sin * grid[..., 0] + cos * grid[..., 1]], dim=-1
        )
        where = turned[None] * radius[:, None, None, None] + torch.stack([x, y], dim=-1)[:, None, None]
        pictures.append(F.grid_sample(inside[:, None], where / sprites.REACH, align_corners=False)[:, 0])
    return (torch.stack(pictures, dim=1) > 0.5).float()


def nearest_shape(mask: Tensor, area: Tensor, x: Tensor, y: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """Index of the best outline for each clip, and its mean overlap (intersection over union) over the visible frames.

    Args:
        mask: `[B, F, H, W]`; area, x, y, visible: `[B, F]` as the judge measured them.
    """
    batch, frames, height, width = mask.shape
    radius = (area * width * height / math.pi).sqrt()
    scale = torch.stack([radius * 2 / width, radius * 2 / height], dim=-1)
    centre = torch.stack([x * 2 - 1, y * 2 - 1], dim=-1)
    grid = _grid(str(mask.device))[None] * scale.view(-1, 1, 1, 2) + centre.view(-1, 1, 1, 2)
    seen = F.grid_sample(mask.view(-1, 1, height, width), grid, align_corners=False)
    seen = (seen.view(batch, frames, 1, 1, GRID, GRID) > 0.5).float()
    known = templates(str(mask.device))[None, None]
    overlap = (seen * known).sum((-1, -2)) / torch.maximum(seen, known).sum((-1, -2)).clamp(min=1)
    best_tilt = overlap.amax(-1)
    # Large sprites show their outline better than small ones.
    weight = (visible.float() * area.sqrt())[..., None]
    mean = (best_tilt * weight).sum(1) / weight.sum(1).clamp(min=1e-6)
    best = mean.max(dim=1)
    assert mean.shape[-1] == len(SHAPES)
    return best.indices, best.values


def _grid(device: str) -> Tensor:
    line = (torch.arange(GRID, device=device) + 0.5) / GRID * 2 * SPAN - SPAN
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([x, y], dim=-1)

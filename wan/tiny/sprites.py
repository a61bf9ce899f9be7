"""The sprites' outlines as signed distances, drawn once and then sampled, and their folded-paper shading."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from wan.tiny.world import SHAPES

ATLAS, REACH = 160, 1.6
"""Pixels of an atlas picture and the half-extent it covers, in units of the sprite's size."""
FAR = 1.0

Polygon = list[tuple[float, float]]


def _star() -> Polygon:
    corners = []
    for i in range(10):
        radius, angle = (1.0, 0.44)[i % 2], math.pi * i / 5
        corners.append((radius * math.sin(angle), -radius * math.cos(angle)))
    return corners


def _circle(radius: float, corners: int = 72) -> Polygon:
    turn = 2 * math.pi / corners
    return [(radius * math.sin(turn * i), radius * math.cos(turn * i)) for i in range(corners)]


def _heart() -> Polygon:
    points = []
    for i in range(72):
        t = 2 * math.pi * i / 72
        x = 16 * math.sin(t) ** 3
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((x / 16.5, -(y + 2.5) / 15.5))
    return points


POLYGONS: dict[str, list[Polygon]] = {
    "boat": [
        [(-1.15, 0.10), (1.15, 0.10), (0.66, 0.72), (-0.66, 0.72)],
        [(0.0, -0.95), (0.56, 0.16), (-0.56, 0.16)],
    ],
    "ball": [_circle(0.86)],
    "box": [[(-0.78, -0.78), (0.78, -0.78), (0.78, 0.78), (-0.78, 0.78)]],
    "star": [_star()],
    "heart": [_heart()],
    "ring": [_circle(0.72)],
    "kite": [[(0.0, -1.12), (0.66, -0.18), (0.0, 1.12), (-0.66, -0.18)]],
    "triangle": [[(0.0, -0.86), (0.98, 0.78), (-0.98, 0.78)]],
}
RING_WIDTH = 0.23


def _polygon_distance(points: Tensor, polygon: Polygon) -> Tensor:
    """Signed distance `[N]` of points `[N, 2]` to a polygon, negative inside (even-odd rule)."""
    corners = torch.tensor(polygon, dtype=points.dtype)
    start, edge = corners, corners.roll(-1, 0) - corners
    offset = points[:, None] - start
    along = ((offset * edge).sum(-1) / (edge * edge).sum(-1)).clamp(0, 1)
    distance = (offset - along[..., None] * edge).norm(dim=-1).amin(1)
    end = start + edge
    spans = (start[:, 1] > points[:, 1:2]) != (end[:, 1] > points[:, 1:2])
    crossing = (
        edge[:, 0] * (points[:, 1:2] - start[:, 1]) / torch.where(edge[:, 1] == 0, 1e-9, edge[:, 1]) + start[:, 0]
    )
    inside = (spans & (points[:, 0:1] < crossing)).sum(1) % 2 == 1
    return torch.where(inside, -distance, distance)


def _outline(shape: str, points: Tensor) -> Tensor:
    distance = torch.stack([_polygon_distance(points, polygon) for polygon in POLYGONS[shape]]).amin(0)
    return distance.abs() - RING_WIDTH if shape == "ring" else distance


def _shade(shape: str, points: Tensor) -> Tensor:
    """How light the paper is at a point, about 0.86 to 1: a fold down the middle, or a soft round."""
    x, y = points[:, 0], points[:, 1]
    if shape in ("ball", "ring"):
        return (0.98 - 0.07 * (x + y)).clamp(0.86, 1.0)
    fold = torch.where(x < 0, 1.0, 0.90)
    if shape in ("kite", "box"):
        fold = torch.where((x < 0) == (y < -0.18), 1.0, 0.90)
    return fold - 0.03 * (y + 1).clamp(0, 2) / 2


@cache
def atlas(device: str = "cpu") -> Tensor:
    """`[shapes, 2, ATLAS, ATLAS]`: signed distance in sprite sizes (clamped to ±`FAR`) and shade."""
    line = (torch.arange(ATLAS, dtype=torch.float64) + 0.5) / ATLAS * 2 * REACH - REACH
    y, x = torch.meshgrid(line, line, indexing="ij")
    points = torch.stack([x.flatten(), y.flatten()], dim=1)
    pictures = [torch.stack([_outline(shape, points), _shade(shape, points)]) for shape in SHAPES]
    stacked = torch.stack(pictures).view(len(SHAPES), 2, ATLAS, ATLAS).float()
    stacked[:, 0].clamp_(-FAR, FAR)
    return stacked.to(device)


def sample(shape: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Distance and shade `[N, H, W]` of shapes `[N]` at sprite coordinates `grid` `[N, H, W, 2]`."""
    pictures = atlas(str(grid.device))[shape]
    sampled = F.grid_sample(pictures, grid / REACH, mode="bilinear", padding_mode="border", align_corners=False)
    return sampled[:, 0], sampled[:, 1]

"""The nine backdrops: three places in three lights. The still part is always the same, so that shots cut together."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

from wan.tiny.world import LIGHTS, PLACES

HORIZON = {"water": 0.60, "snow": 0.64, "forest": 0.74}
SKY = {  # top, horizon
    "noon": ((0.45, 0.68, 0.88), (0.76, 0.87, 0.92)),
    "dusk": ((0.42, 0.34, 0.52), (0.93, 0.68, 0.55)),
    "night": ((0.03, 0.05, 0.14), (0.12, 0.16, 0.30)),
}
GROUND = {  # at the horizon, at the bottom
    ("water", "noon"): ((0.42, 0.68, 0.76), (0.22, 0.48, 0.62)),
    ("water", "dusk"): ((0.72, 0.52, 0.52), (0.33, 0.27, 0.42)),
    ("water", "night"): ((0.10, 0.15, 0.28), (0.03, 0.06, 0.14)),
    ("snow", "noon"): ((0.66, 0.77, 0.88), (0.58, 0.70, 0.84)),
    ("snow", "dusk"): ((0.72, 0.60, 0.66), (0.54, 0.47, 0.60)),
    ("snow", "night"): ((0.28, 0.34, 0.48), (0.20, 0.25, 0.38)),
    ("forest", "noon"): ((0.44, 0.56, 0.38), (0.34, 0.44, 0.30)),
    ("forest", "dusk"): ((0.36, 0.30, 0.28), (0.26, 0.21, 0.22)),
    ("forest", "night"): ((0.06, 0.10, 0.10), (0.03, 0.06, 0.07)),
}
FAR_LAYER = {  # distant hills, islands or trees
    ("water", "noon"): (0.52, 0.68, 0.74),
    ("water", "dusk"): (0.52, 0.40, 0.50),
    ("water", "night"): (0.07, 0.10, 0.20),
    ("snow", "noon"): (0.72, 0.81, 0.90),
    ("snow", "dusk"): (0.64, 0.51, 0.61),
    ("snow", "night"): (0.17, 0.22, 0.36),
    ("forest", "noon"): (0.52, 0.64, 0.50),
    ("forest", "dusk"): (0.50, 0.38, 0.38),
    ("forest", "night"): (0.08, 0.12, 0.16),
}
LAMP = {  # x, y, radius (of the height), colour, glow: the sun, or the moon
    "noon": (0.78, 0.15, 0.060, (1.00, 0.95, 0.72), 0.10),
    "dusk": (0.26, 0.50, 0.085, (1.00, 0.80, 0.52), 0.20),
    "night": (0.74, 0.18, 0.065, (0.86, 0.88, 0.84), 0.10),
}
STARS = ((0.10, 0.12), (0.22, 0.30), (0.34, 0.09), (0.45, 0.24), (0.56, 0.11), (0.64, 0.33), (0.88, 0.34), (0.93, 0.08))
WAVE_LIGHT = {"noon": 0.045, "dusk": 0.035, "night": 0.022}
CLOUD_LIGHT = {"noon": 0.030, "dusk": 0.025, "night": 0.0}


def index_of(place: str, light: str) -> int:
    """Position of a backdrop in the stacks of this module."""
    return PLACES.index(place) * len(LIGHTS) + LIGHTS.index(light)


@cache
def stills(width: int, height: int, device: str = "cpu") -> Tensor:
    """The still part of every backdrop, RGB 0 to 1, `[9, 3, height, width]`."""
    pictures = [_still(place, light, width, height) for place in PLACES for light in LIGHTS]
    return torch.stack(pictures).to(device)


def living(which: Tensor, frames: Tensor, phase: Tensor, width: int, height: int) -> Tensor:
    """What moves: waves and clouds, to be added to the still part.

    Args:
        which: `[B]` backdrop indices; frames: `[F]` frame numbers; phase: `[B]` radians, each clip's own start.

    Returns:
        `[B, 1, F, height, width]`, at most a few hundredths.
    """
    x, y = _coordinates(width, height)
    x, y = x.to(which.device), y.to(which.device)
    strength = which.new_tensor([_strengths(place, light) for place in PLACES for light in LIGHTS], dtype=x.dtype)[
        which
    ]
    time = (frames.to(x.dtype) / 16.0)[None, :, None, None]
    start = phase[:, None, None, None]
    depth = ((y - HORIZON["water"]) / (1 - HORIZON["water"])).clamp(0, 1)
    rows = torch.sin(
        26 * depth.sqrt() + 1.5 * torch.sin(2 * math.pi * 1.3 * x + start + 0.9 * time) - 2.2 * time + start
    )
    waves = rows * (depth * 4).clamp(0, 1) * strength[:, 0, None, None, None]
    puff = torch.sin(2 * math.pi * (1.1 * x - 0.05 * time) + start) * torch.sin(9 * y + 0.7 * start)
    clouds = puff * (1 - 2.2 * y).clamp(0, 1) * strength[:, 1, None, None, None]
    return (waves + clouds)[:, None]


def _strengths(place: str, light: str) -> tuple[float, float]:
    return (WAVE_LIGHT[light] if place == "water" else 0.0), CLOUD_LIGHT[light]


def _still(place: str, light: str, width: int, height: int) -> Tensor:
    x, y = _coordinates(width, height)
    aspect, soft = width / height, 1.5 / height
    horizon = HORIZON[place]
    picture = _gradient(SKY[light], (y / horizon).clamp(0, 1) ** 1.3)
    if light == "night":
        for star_x, star_y in STARS:
            spot = torch.exp(-(((x - star_x) * aspect) ** 2 + (y - star_y) ** 2) / 0.011**2)
            picture = picture + 0.5 * spot
    lamp_x, lamp_y, radius, colour, glow = LAMP[light]
    distance = (((x - lamp_x) * aspect) ** 2 + (y - lamp_y) ** 2).sqrt()
    picture = picture + glow * torch.exp(-distance / 0.16) * _colour(colour)
    picture = _over(picture, _colour(colour), _edge(radius - distance, soft * 1.5))
    picture = _over(picture, _colour(FAR_LAYER[place, light]), _edge(y - _far_line(place, x, horizon), soft))
    ground = _gradient(GROUND[place, light], ((y - horizon) / (1 - horizon)).clamp(0, 1))
    if place == "water":
        path = torch.exp(-(((x - lamp_x) * aspect / (0.10 + 0.22 * (y - horizon))) ** 2))
        ground = ground + 0.9 * glow * path * _colour(colour)
    if place == "snow":
        drift = 0.025 * torch.sin(5.5 * x + 9 * (y - horizon))
        ground = ground + drift * (0.5 if light == "night" else 1.0)
    picture = _over(picture, ground, _edge(y - _near_line(place, x, horizon), soft))
    return picture.clamp(0, 1)


def _far_line(place: str, x: Tensor, horizon: float) -> Tensor:
    if place == "forest":
        teeth = (1 - 2 * ((x * 11 + 0.3) % 1 - 0.5).abs()) * (0.20 + 0.05 * torch.sin(23 * x))
        return horizon - 0.02 - 0.07 - teeth
    if place == "snow":
        return horizon - 0.07 - 0.06 * torch.sin(6.0 * x + 0.6) - 0.025 * torch.sin(13 * x)
    return horizon - (0.055 * torch.exp(-(((x - 0.12) / 0.16) ** 2)) + 0.04 * torch.exp(-(((x - 0.95) / 0.12) ** 2)))


def _near_line(place: str, x: Tensor, horizon: float) -> Tensor:
    if place == "forest":
        return horizon + 0.015 * torch.sin(7 * x)
    return horizon + (0.02 * torch.sin(5 * x + 2.0) if place == "snow" else 0.0 * x)


def _coordinates(width: int, height: int) -> tuple[Tensor, Tensor]:
    x = ((torch.arange(width) + 0.5) / width)[None, :].expand(height, width)
    y = ((torch.arange(height) + 0.5) / height)[:, None].expand(height, width)
    return x, y


def _colour(rgb: tuple[float, float, float]) -> Tensor:
    return torch.tensor(rgb)[:, None, None]


def _gradient(ends: tuple[tuple[float, float, float], tuple[float, float, float]], part: Tensor) -> Tensor:
    return _colour(ends[0]) * (1 - part) + _colour(ends[1]) * part


def _edge(distance: Tensor, soft: float) -> Tensor:
    return (distance / soft + 0.5).clamp(0, 1)


def _over(below: Tensor, above: Tensor, alpha: Tensor) -> Tensor:
    return below * (1 - alpha) + above * alpha

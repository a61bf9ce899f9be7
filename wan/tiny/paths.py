"""Where the sprite is in every frame of a clip: positions, sizes and a gentle rocking, from a seeded generator."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from wan.tiny.world import NUM_FRAMES

HORIZONTAL, VERTICAL, ZOOM = (0.30, 0.50), (0.28, 0.45), (1.9, 2.6)
"""How far a motion goes in a native clip: of the width, of the height, as a ratio of sizes."""


@dataclass(frozen=True, slots=True)
class Path:
    """A straight way at constant speed over `NUM_FRAMES` frames.

    `x` is of the width, `y` and `size` (half the sprite's extent) of the height; size changes geometrically.
    `tilt` in radians swings by `rock` with phase `phase`.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    size: tuple[float, float]
    rock: float = 0.0
    phase: float = 0.0

    def at(self, frame: int) -> tuple[float, float, float, float]:
        """`(x, y, size, tilt)` at a frame, counted from 0."""
        part = frame / (NUM_FRAMES - 1)
        size = self.size[0] * (self.size[1] / self.size[0]) ** part
        tilt = self.rock * math.sin(2 * math.pi * part + self.phase)
        return _mix(self.x, part), _mix(self.y, part), size, tilt


def random_path(motion: str, rng: random.Random, *, anywhere: bool = False) -> Path:
    """A way for a motion word.

    By default the sprite stays well in view. `anywhere`: it starts wherever the last frame of another clip may have
    left it, and goes on from there, if need be partly out of the picture; that is what a hand-off asks of I2V.
    """
    x, y, size = _start_anywhere(rng) if anywhere else _start_in_view(motion, rng)
    rock, phase = rng.uniform(0.0, 0.12), rng.uniform(0.0, 2 * math.pi)
    drift = rng.uniform(-0.03, 0.03)
    end_x, end_y, end_size = x + drift, y + rng.uniform(-0.03, 0.03), size
    across, along, zoom = rng.uniform(*HORIZONTAL), rng.uniform(*VERTICAL), rng.uniform(*ZOOM)
    if motion == "left_to_right":
        end_x = x + _room(across, 0.95 - x, 0.17)
    elif motion == "right_to_left":
        end_x = x - _room(across, x - 0.05, 0.17)
    elif motion == "rises":
        end_y = y - _room(along, y - 0.12, 0.17)
    elif motion == "falls":
        end_y = y + _room(along, 0.88 - y, 0.17)
    elif motion == "closer":
        end_size = size * _room(zoom, 0.36 / size, 1.45)
    elif motion == "away":
        end_size = size / _room(zoom, size / 0.07, 1.45)
    else:
        raise ValueError(f"no motion is called {motion!r}")
    return Path((x, end_x), (y, end_y), (size, end_size), rock, phase)


def _start_anywhere(rng: random.Random) -> tuple[float, float, float]:
    return rng.uniform(0.08, 0.92), rng.uniform(0.14, 0.86), rng.uniform(0.08, 0.34)


def _start_in_view(motion: str, rng: random.Random) -> tuple[float, float, float]:
    if motion == "left_to_right":
        return rng.uniform(0.12, 0.45), rng.uniform(0.32, 0.68), rng.uniform(0.15, 0.23)
    if motion == "right_to_left":
        return rng.uniform(0.55, 0.88), rng.uniform(0.32, 0.68), rng.uniform(0.15, 0.23)
    if motion == "rises":
        return rng.uniform(0.18, 0.82), rng.uniform(0.60, 0.76), rng.uniform(0.15, 0.22)
    if motion == "falls":
        return rng.uniform(0.18, 0.82), rng.uniform(0.24, 0.40), rng.uniform(0.15, 0.22)
    small = rng.uniform(0.10, 0.13)
    where = rng.uniform(0.30, 0.70), rng.uniform(0.38, 0.62)
    return *where, small if motion == "closer" else small * rng.uniform(2.0, 2.5)


def _room(wanted: float, available: float, least: float) -> float:
    return max(least, min(wanted, available))


def _mix(ends: tuple[float, float], part: float) -> float:
    return ends[0] * (1 - part) + ends[1] * part

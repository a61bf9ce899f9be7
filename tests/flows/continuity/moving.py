"""Frames of something that moves, made by hand: no torch, no models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

HEIGHT, WIDTH = 72, 128
Frames = npt.NDArray[np.uint8]


def moving(count: int = 24, *, speed: float = 2.0, start: float = 20.0, noise: float = 0.6) -> Frames:
    """A soft orange ball that goes `speed` pixels a frame to the right over a blue ground with a pattern and grain:
    `[count, HEIGHT, WIDTH, 3]`."""
    grain = np.random.default_rng(1)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    ground = np.stack([70 + 12 * np.sin(x / 9), 90 + 12 * np.cos(y / 7), 150 + 10 * np.sin((x + y) / 11)], -1)
    frames = []
    for number in range(count):
        away = np.hypot(x - start - speed * number, y - 30)
        ball = np.clip(12 - away, 0, 1)[..., None]
        picture = ground * (1 - ball) + np.array([220.0, 140.0, 50.0]) * ball + grain.normal(0, noise, ground.shape)
        frames.append(np.clip(np.round(picture), 0, 255).astype(np.uint8))
    return np.stack(frames)

"""What a training clip of VACE is given: known frames, a mask, a silhouette, nothing; and whose picture is shown."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from wan.tiny.draw import Staging
from wan.tiny.paths import Path
from wan.tiny.world import LIGHTS, MOTIONS, PLACES, Scene

Kind = Literal["extend", "ends", "inpaint", "silhouette", "text"]
SHARES = {False: (0.40, 0.10, 0.22, 0.22, 0.06), True: (0.20, 0.0, 0.10, 0.20, 0.50)}
"""How often each kind is drawn, without and with a reference picture."""
KNOWN = (1, 1, 5, 8, 8, 9, 9, 13, 17)
"""Frames that a clip goes on from."""


@dataclass(frozen=True, slots=True)
class Given:
    """`video` `[B, 3, F, H, W]` in -1 to 1, and its `mask` `[B, 1, F, H, W]`, 1 where pixels are made anew."""

    video: Tensor
    mask: Tensor


def given_for(video: Tensor, alpha: Tensor, numbers: range, *, with_picture: bool) -> Given:
    """What the clips with these seeds are given of what they should become."""
    pieces = [
        _one(video[i : i + 1], alpha[i : i + 1], random.Random(f"given {number}"), with_picture)
        for i, number in enumerate(numbers)
    ]
    return Given(torch.cat([piece.video for piece in pieces]), torch.cat([piece.mask for piece in pieces]))


def _one(video: Tensor, alpha: Tensor, rng: random.Random, with_picture: bool) -> Given:
    (kind,) = rng.choices(get_args(Kind), SHARES[with_picture])
    mask = torch.ones_like(alpha)
    if kind == "silhouette":
        return Given((2 * alpha - 1).expand_as(video), mask)
    if kind == "inpaint":
        mask = _around_the_sprite(alpha, rng)
    elif kind in ("extend", "ends"):
        mask[:, :, : min(rng.choice(KNOWN), video.shape[2] - 4)] = 0
        if kind == "ends":
            mask[:, :, -rng.choice((1, 1, 4, 8)) :] = 0
    return Given(video * (1 - mask), mask)


def _around_the_sprite(alpha: Tensor, rng: random.Random) -> Tensor:
    """A box around all of the sprite's way, or a moving one around the sprite, wider by some."""
    mask = torch.zeros_like(alpha)
    whole = rng.random() < 0.5
    margin = rng.randint(4, max(5, alpha.shape[3] // 6))
    for frame in range(alpha.shape[2]):
        seen = alpha[0, 0].amax(0) if whole else alpha[0, 0, frame]
        rows, columns = torch.nonzero(seen.amax(1) > 0.5).flatten(), torch.nonzero(seen.amax(0) > 0.5).flatten()
        if len(rows) and len(columns):
            top, bottom = max(int(rows[0]) - margin, 0), int(rows[-1]) + margin + 1
            left, right = max(int(columns[0]) - margin, 0), int(columns[-1]) + margin + 1
            mask[:, :, frame, top:bottom, left:right] = 1
    return mask


def portrait_of(scene: Scene, number: int) -> Staging:
    """The scene's sprite, large and in the middle, somewhere in the world."""
    rng = random.Random(f"portrait {number}")
    place, light, motion = rng.choice(PLACES), rng.choice(LIGHTS), rng.choice(MOTIONS)
    x, y, size = rng.uniform(0.4, 0.6), rng.uniform(0.42, 0.58), rng.uniform(0.2, 0.4)
    path = Path((x, x), (y, y), (size, size), rng.uniform(0.0, 0.12), rng.uniform(0.0, 6.28))
    return Staging(Scene(scene.shape, scene.colour, place, light, motion), path, rng.uniform(0.0, 6.28))

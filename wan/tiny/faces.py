"""Faces of cut paper whose mouths open and close: what the tiny S2V is trained on and shown."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache

import torch
from torch import Tensor

from wan.tiny import backdrops, paint
from wan.tiny.world import FPS, LIGHTS, PALETTE, PLACES

FACE_WIDTH, FACE_HEIGHT = 256, 128
"""Pixels of the tiny S2V's picture: its sides are multiples of 64."""
SKINS = ("white", "yellow", "orange", "pink")
HAIR = ("red", "orange", "green", "blue", "purple")
DARK = (0.22, 0.04, 0.08)
"""RGB of mouths and eyes."""
HEAD = (0.86, 1.0)
"""Half-axes of the head, in sizes of the face."""
MOUTH_Y, MOUTH_WIDTH, MOUTH_SHUT, MOUTH_OPEN = 0.46, 0.42, 0.035, 0.30
"""The mouth below the head's centre, its half-width, and its half-height shut and fully open, in sizes of the face."""
EYE = (0.34, -0.12, 0.10)
"""An eye's place beside and above the head's centre and its radius, in sizes of the face."""
HELD_OUT_ONE_IN = 6


@dataclass(frozen=True, slots=True)
class FaceLook:
    """What a face looks like and where it is: words of the world."""

    skin: str
    hair: str
    place: str
    light: str


@dataclass(frozen=True, slots=True)
class FaceStaging:
    """One face to draw. `x`, `y` and `size` (half the head's height) are of the picture's height."""

    look: FaceLook
    x: float
    y: float
    size: float
    sway: float
    phase: float


@cache
def all_looks() -> tuple[FaceLook, ...]:
    """Every look, in a fixed order."""
    return tuple(FaceLook(*words) for words in itertools.product(SKINS, HAIR, PLACES, LIGHTS) if words[0] != words[1])


def is_held_out(look: FaceLook) -> bool:
    """Whether training must never see this look: a hash of its words, the same on every machine."""
    return hashlib.sha256(b"face/" + "/".join(astuple(look)).encode()).digest()[0] % HELD_OUT_ONE_IN == 0


def stage_face(look: FaceLook, seed: int) -> FaceStaging:
    """Where a seed puts a face, and how it sways."""
    rng = random.Random(seed)
    size = rng.uniform(0.33, 0.40)
    return FaceStaging(
        look, rng.uniform(0.75, 1.25), rng.uniform(0.51, 0.56), size, rng.uniform(0.0, 0.012), rng.uniform(0, 6.28)
    )


@torch.no_grad()
def draw_faces(
    stagings: Sequence[FaceStaging],
    opening: Tensor,
    *,
    start: int = 0,
    width: int = FACE_WIDTH,
    height: int = FACE_HEIGHT,
    device: str = "cpu",
) -> tuple[Tensor, Tensor]:
    """Draws faces whose mouths are `opening` `[B, F]` (0 shut to 1) open, from frame `start` of their sway on.

    Returns the video `[B, 3, F, H, W]` in −1 to 1 and where mouths may be, `[B, 1, F, H, W]` 0 to 1.
    """
    batch, frames = opening.shape
    number = torch.arange(start, start + frames, device=device)
    phase = torch.tensor([s.phase for s in stagings], device=device)
    which = torch.tensor([backdrops.index_of(s.look.place, s.look.light) for s in stagings], device=device)
    picture = backdrops.stills(width, height, device)[which][:, :, None]
    picture = picture + backdrops.living(which, number, phase, width, height)
    flat = picture.transpose(1, 2).flatten(0, 1)
    flat, mouth = _paint(flat, stagings, opening.to(device), number, phase)
    return paint.clips_of(flat, batch).clamp(0, 1) * 2 - 1, mouth.view(batch, 1, frames, height, width)


def _paint(
    picture: Tensor, stagings: Sequence[FaceStaging], opening: Tensor, number: Tensor, phase: Tensor
) -> tuple[Tensor, Tensor]:
    height, width = picture.shape[-2:]
    frames = len(number)
    x, y = paint.coordinates(width, height, picture.device)

    def each(values: Sequence[float] | Sequence[tuple[float, float, float]]) -> Tensor:
        return torch.tensor(values, device=picture.device).repeat_interleave(frames, 0)

    size = each([s.size for s in stagings])
    sway = each([s.sway for s in stagings])
    turn = (2 * math.pi * 0.35 * number / FPS)[None] + phase[:, None]
    centre = torch.stack(
        [
            each([s.x for s in stagings]) + sway * turn.sin().flatten(),
            each([s.y for s in stagings]) + 0.5 * sway * (1.7 * turn).cos().flatten(),
        ],
        dim=1,
    )
    skin = each([PALETTE[s.look.skin] for s in stagings])
    hair = each([PALETTE[s.look.hair] for s in stagings])
    dark = each([DARK] * len(stagings))

    def place(across: float, along: float) -> Tensor:
        return centre + size[:, None] * size.new_tensor([across, along])

    def radii(across: float | Tensor, along: float | Tensor) -> Tensor:
        return torch.stack([size * across, size * along], dim=1)

    head = paint.ellipse(x, y, place(0, 0), radii(*HEAD))
    locks = paint.ellipse(x, y, place(0, -0.08), radii(1.0, 1.06))
    brow = y - (centre[:, 1] - 0.42 * size)[:, None, None]
    picture = paint.over(picture, hair, paint.cover(torch.maximum(locks, brow - 0.5 * size[:, None, None]), height))
    picture = paint.over(picture, skin, paint.cover(head, height))
    picture = paint.over(picture, hair, paint.cover(torch.maximum(locks, brow), height))
    for side in (-1, 1):
        eye = paint.ellipse(x, y, place(side * EYE[0], EYE[1]), radii(EYE[2], EYE[2]))
        picture = paint.over(picture, dark, paint.cover(eye, height))
    half = MOUTH_SHUT + (MOUTH_OPEN - MOUTH_SHUT) * opening.flatten()
    mouth = paint.ellipse(x, y, place(0, MOUTH_Y), radii(MOUTH_WIDTH, half))
    picture = paint.over(picture, dark, paint.cover(mouth, height))
    around = paint.ellipse(x, y, place(0, MOUTH_Y), radii(MOUTH_WIDTH * 1.2, MOUTH_OPEN * 1.15))
    return picture, paint.cover(around, height)

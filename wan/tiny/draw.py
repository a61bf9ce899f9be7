"""Draws clips of the world in batches with torch, on any device; the same seed gives the same clip."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from wan.tiny import backdrops, sprites
from wan.tiny.paths import Path, random_path
from wan.tiny.world import COLOURS, HEIGHT, NUM_FRAMES, PALETTE, SHAPES, WIDTH, Scene

SHADOW_OFFSET, SHADOW_SOFTNESS, SHADOW = (0.16, 0.20), 0.35, 0.30
"""The paper's shadow: where it falls and how soft it is, in sprite sizes, and how dark."""


@dataclass(frozen=True, slots=True)
class Staging:
    """One clip to draw: what, where, and the phase of its waves and clouds."""

    scene: Scene
    path: Path
    phase: float


def stage(scene: Scene, seed: int, *, anywhere: bool = False) -> Staging:
    """The way a seed stages a scene; see `random_path` for `anywhere`."""
    rng = random.Random(seed)
    return Staging(scene, random_path(scene.motion, rng, anywhere=anywhere), rng.uniform(0, 2 * math.pi))


@torch.no_grad()
def draw_batch(
    stagings: Sequence[Staging],
    *,
    frames: Sequence[int] = tuple(range(NUM_FRAMES)),
    width: int = WIDTH,
    height: int = HEIGHT,
    device: str = "cpu",
) -> tuple[Tensor, Tensor]:
    """Clips `[B, 3, F, H, W]` in -1 to 1, and how much of each pixel is sprite `[B, 1, F, H, W]`, 0 to 1."""
    which = torch.tensor([backdrops.index_of(s.scene.place, s.scene.light) for s in stagings], device=device)
    phase = torch.tensor([s.phase for s in stagings], device=device)
    number = torch.tensor(list(frames), device=device)
    picture = backdrops.stills(width, height, device)[which][:, :, None]
    picture = picture + backdrops.living(which, number, phase, width, height)
    return _with_sprites(picture, stagings, frames)


@torch.no_grad()
def draw_on_white(
    stagings: Sequence[Staging], *, width: int = WIDTH, height: int = HEIGHT, device: str = "cpu"
) -> Tensor:
    """The first frames' sprites alone on white, `[B, 3, H, W]` in -1 to 1: pictures of a cast."""
    white = torch.ones(len(stagings), 3, 1, height, width, device=device)
    return _with_sprites(white, stagings, [0])[0][:, :, 0]


def _with_sprites(picture: Tensor, stagings: Sequence[Staging], frames: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Backdrops `[B, 3, F, H, W]`, 0 to 1, with sprites; see `draw_batch` for what is returned."""
    batch, length, (height, width), device = len(stagings), len(frames), picture.shape[3:], picture.device
    poses = torch.tensor([[s.path.at(f) for f in frames] for s in stagings], device=device).view(batch * length, 4)
    shape = torch.tensor([SHAPES.index(s.scene.shape) for s in stagings], device=device).repeat_interleave(length)
    distance, shade = sprites.sample(shape, _sprite_grid(poses, width, height))
    shadow_grid = _sprite_grid(poses, width, height, SHADOW_OFFSET)
    shadow_distance, _ = sprites.sample(shape, shadow_grid)
    pixel = (1.0 / (poses[:, 2] * height))[:, None, None]
    alpha = (0.5 - distance / (1.4 * pixel)).clamp(0, 1).view(batch, 1, length, height, width)
    shadow = SHADOW * (0.5 - shadow_distance / SHADOW_SOFTNESS).clamp(0, 1).view(batch, 1, length, height, width)
    palette = torch.tensor([PALETTE[colour] for colour in COLOURS], device=device)
    colour = palette[[COLOURS.index(s.scene.colour) for s in stagings]][:, :, None, None, None]
    paper = colour * shade.view(batch, 1, length, height, width)
    picture = picture * (1 - shadow)
    picture = picture * (1 - alpha) + paper * alpha
    return picture.clamp(0, 1) * 2 - 1, alpha


def draw_clip(scene: Scene, seed: int = 0, *, anywhere: bool = False) -> npt.NDArray[np.uint8]:
    """One native clip as `uint8` frames `[33, 144, 256, 3]`."""
    clip: npt.NDArray[np.uint8] = to_frames(draw_batch([stage(scene, seed, anywhere=anywhere)])[0])[0]
    return clip


def draw_image(scene: Scene, seed: int = 0, *, frame: int = 0) -> npt.NDArray[np.uint8]:
    """One frame of `draw_clip`, `[144, 256, 3]`: frame 0 and frame 32 make a start and an end image."""
    image: npt.NDArray[np.uint8] = to_frames(draw_batch([stage(scene, seed)], frames=[frame])[0])[0, 0]
    return image


def to_frames(video: Tensor) -> npt.NDArray[np.uint8]:
    """`[B, 3, F, H, W]` in -1 to 1 → `uint8` `[B, F, H, W, 3]`."""
    frames = ((video.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return frames.permute(0, 2, 3, 4, 1).cpu().numpy()


def _sprite_grid(poses: Tensor, width: int, height: int, offset: tuple[float, float] = (0.0, 0.0)) -> Tensor:
    """Sprite coordinates `[N, H, W, 2]` of every pixel for poses `[N, 4]` (x, y, size, tilt)."""
    x = (torch.arange(width, device=poses.device) + 0.5) / width
    y = (torch.arange(height, device=poses.device) + 0.5) / height
    centre_x, centre_y, size, tilt = (poses[:, i, None, None] for i in range(4))
    across = (x[None, None, :] - centre_x) * (width / height) / size - offset[0]
    along = (y[None, :, None] - centre_y) / size - offset[1]
    cos, sin = torch.cos(tilt), torch.sin(tilt)
    return torch.stack([cos * across + sin * along, -sin * across + cos * along], dim=-1)

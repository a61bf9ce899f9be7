"""What VACE is given beside the noise: control frames inside and outside a mask, the mask, reference pictures.

The layout is that of diffusers' `WanVACEPipeline`; where several references are given they stand in the order they were
given in, as in the reference implementation of VACE (diffusers turns it round).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from wan.request import Image, Size

_STRIDE = 8
"""Pixels a latent."""


def control_condition(vae: Any, video: Tensor, mask: Tensor, references: Sequence[Tensor]) -> Tensor:
    """The condition fp32 `[1, 32 + 64, R + F, h, w]` of R references and 4(F − 1) + 1 frames.

    `video` fp32 `[1, 3, T, H, W]` in [−1, 1]; `mask` `[1, 1, T, H, W]`, 1 where pixels are made anew; `references`
    `[1, 3, 1, H, W]`. What is kept and what is made anew are encoded apart; elsewhere both videos are mid grey.
    """
    anew = (mask > 0.5).to(video)
    latents = torch.cat([vae.encode(video * (1 - anew)), vae.encode(video * anew)], dim=1)
    shown = [vae.encode(reference) for reference in references]
    shown = [torch.cat([latent, torch.zeros_like(latent)], dim=1) for latent in shown]
    frames = latents.shape[2]
    none = torch.zeros(1, _STRIDE**2, len(shown), *latents.shape[3:])
    folded = torch.cat([none, fold_mask(mask.float(), frames)], dim=2)
    return torch.cat([torch.cat([*shown, latents], dim=2), folded.to(latents)], dim=1)


def fold_mask(mask: Tensor, latent_frames: int) -> Tensor:
    """A mask `[B, 1, T, H, W]` as 64 channels a latent, of every fourth frame or so: `[B, 64, F, h, w]`."""
    rows, columns = mask.shape[3] // _STRIDE, mask.shape[4] // _STRIDE
    tiles = mask[:, 0].reshape(len(mask), -1, rows, _STRIDE, columns, _STRIDE)
    tiles = tiles.permute(0, 3, 5, 1, 2, 4).flatten(1, 2)
    return F.interpolate(tiles, size=(latent_frames, *tiles.shape[3:]), mode="nearest-exact")


def on_white(image: Image, size: Size) -> Tensor:
    """A reference picture, whole, in the middle of a white canvas of `size` (width, height): fp32 `[1, 3, 1, H, W]`."""
    width, height = size
    rows, columns = image.shape[:2]
    scale = min(height / rows, width / columns)
    inner = (int(rows * scale), int(columns * scale))
    pixels = torch.from_numpy(image.copy()).float().div(255).mul(2).sub(1).permute(2, 0, 1)[None]
    pixels = F.interpolate(pixels, size=inner, mode="bilinear", align_corners=False)
    canvas = torch.ones(1, 3, height, width)
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    canvas[:, :, top : top + inner[0], left : left + inner[1]] = pixels
    return canvas[:, :, None]

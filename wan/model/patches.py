"""What goes into a transformer and comes out of it: sinusoids of timesteps, latents of patches."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_LONGEST_WAVE = 10_000.0


def time_waves(moments: Tensor, width: int) -> Tensor:
    """Sinusoids of timesteps, fp32 `[T, width]`, cosines first, computed in float64 as the reference does."""
    exponents = torch.arange(width // 2, device=moments.device, dtype=torch.float64) / (width // 2)
    angles = moments.double()[:, None] * _LONGEST_WAVE**-exponents
    return torch.cat([angles.cos(), angles.sin()], dim=1).float()


def latents_of_patches(patches: Tensor, grid: Sequence[int], patch: Sequence[int]) -> Tensor:
    """Patches `[B, N, pt · ph · pw · C]` → latents `[B, C, F, h, w]`.

    `grid` counts patches, `patch` is their size, both in frames, rows and columns.
    """
    apart = torch.unflatten(torch.unflatten(patches, 1, tuple(grid)), -1, (*patch, -1))
    # [B, f, h, w, pt, ph, pw, C] → [B, C, f·pt, h·ph, w·pw]
    apart = apart.permute(0, 7, 1, 4, 2, 5, 3, 6)
    return apart.flatten(6, 7).flatten(4, 5).flatten(2, 3)

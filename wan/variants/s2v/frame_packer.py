"""The clip before, as tokens: its last latent frames, patched more coarsely the older they are."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class FramePacker(nn.Module):
    """`buckets` latent frames, nearest first, of which bucket `i` is patched 2^(i+1) × 2^(i+1) and 2^i frames deep.

    The reference packs 1, 2 and 16 frames, so that 19 frames cost as many tokens as one and a half. Parameter names are
    the reference's.
    """

    def __init__(self, channels: int, dim: int, buckets: Sequence[int] = (1, 2, 16)) -> None:
        super().__init__()
        self.buckets = tuple(buckets)
        for level in range(len(self.buckets)):
            patch = (2**level, 2 ** (level + 1), 2 ** (level + 1))
            setattr(self, _name(level), nn.Conv3d(channels, dim, kernel_size=patch, stride=patch))

    def forward(self, latents: Tensor) -> Tensor:
        """Latents `[B, C, sum(buckets), h, w]`, the last frame the nearest → tokens `[B, N, dim]`, nearest first."""
        tokens = []
        stop = latents.shape[2]
        for level, count in enumerate(self.buckets):
            project = getattr(self, _name(level))
            tokens.append(project(latents[:, :, stop - count : stop]).flatten(2).transpose(1, 2))
            stop -= count
        return torch.cat(tokens, dim=1)


def _name(level: int) -> str:
    return "proj" if level == 0 else f"proj_{2**level}x"

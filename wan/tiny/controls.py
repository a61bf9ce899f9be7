"""What steers a tiny VACE, made of how much of each pixel is sprite: control videos and masks."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nonzero, uint8

from wan.request import Frames


def silhouette(alpha: Tensor) -> Frames:
    """White where the sprite is, black elsewhere: uint8 `[F, H, W, 3]` of `[F, H, W]`, 0 to 1."""
    grey: Frames = (alpha * 255).round().to(uint8)[..., None].expand(-1, -1, -1, 3).numpy().copy()
    return grey


def box_mask(alpha: Tensor, *, margin: int = 10) -> Frames:
    """White in a box around the sprite's whole way, `margin` pixels wider on each side, black elsewhere: uint8
    `[F, H, W, 3]` of `[F, H, W]`, 0 to 1."""
    seen = alpha.amax(0) > 0.5
    rows, columns = nonzero(seen.any(1)).flatten(), nonzero(seen.any(0)).flatten()
    mask = np.zeros((*alpha.shape, 3), np.uint8)
    top, left = max(int(rows[0]) - margin, 0), max(int(columns[0]) - margin, 0)
    mask[:, top : int(rows[-1]) + margin + 1, left : int(columns[-1]) + margin + 1] = 255
    return mask

"""Flat shapes with soft edges, painted over whole batches of pictures: discs, ellipses, thick lines.

Positions and sizes are of the picture's height: y runs from 0 (top) to 1, x from 0 to the aspect.
"""

from __future__ import annotations

import torch
from torch import Tensor

SOFT_PIXELS = 1.4
"""Width of an edge, as the world's sprites have it."""


def coordinates(width: int, height: int, device: str | torch.device) -> tuple[Tensor, Tensor]:
    """x `[1, W]` and y `[H, 1]` of the pixels' centres, of the height."""
    x = (torch.arange(width, device=device) + 0.5) / height
    y = (torch.arange(height, device=device) + 0.5) / height
    return x[None, :], y[:, None]


def cover(distance: Tensor, height: int) -> Tensor:
    """How much of each pixel a shape covers, 0 to 1, from its signed distance (negative inside), of the height."""
    return (0.5 - distance * (height / SOFT_PIXELS)).clamp(0, 1)


def ellipse(x: Tensor, y: Tensor, centre: Tensor, radii: Tensor) -> Tensor:
    """About the signed distance `[N, H, W]` to ellipses with `centre` and `radii` `[N, 2]`."""
    across = (x - centre[:, 0, None, None]) / radii[:, 0, None, None]
    along = (y - centre[:, 1, None, None]) / radii[:, 1, None, None]
    reach = (across**2 + along**2).sqrt()
    # the distance over the gradient's length: exact on the edge, which is all that a soft edge needs
    slope = ((across / radii[:, 0, None, None]) ** 2 + (along / radii[:, 1, None, None]) ** 2).sqrt()
    return (reach - 1) * reach / slope.clamp(min=1e-6)


def line(x: Tensor, y: Tensor, start: Tensor, end: Tensor, thickness: float | Tensor) -> Tensor:
    """Signed distance `[N, H, W]` to thick lines with round ends from `start` to `end` `[N, 2]`; half their width."""
    along = end - start
    dx, dy = x - start[:, 0, None, None], y - start[:, 1, None, None]
    ax, ay = along[:, 0, None, None], along[:, 1, None, None]
    part = ((dx * ax + dy * ay) / (ax**2 + ay**2).clamp(min=1e-9)).clamp(0, 1)
    return ((dx - part * ax) ** 2 + (dy - part * ay) ** 2).sqrt() - thickness


def clips_of(pictures: Tensor, batch: int) -> Tensor:
    """Pictures `[batch · F, C, H, W]` as clips `[batch, C, F, H, W]`."""
    return pictures.view(batch, -1, *pictures.shape[1:]).transpose(1, 2)


def over(picture: Tensor, colour: Tensor, alpha: Tensor) -> Tensor:
    """`picture` `[N, 3, H, W]` with `colour` `[N, 3]` laid over it where `alpha` `[N, H, W]` says."""
    return picture + alpha[:, None] * (colour[:, :, None, None] - picture)

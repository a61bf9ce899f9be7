"""What Animate's transformer is shown beside the noise: the person in a slot of its own, then what is known already.

Channels: 4 of a mask (1: known), 16 latents. Source: Wan-Video/Wan2.2's animate.py, commit 42bf4cf.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from wan.model.vae import Vae

_TEMPORAL_STRIDE = 4
_SPATIAL_STRIDE = 8


def person_condition(vae: Vae, picture: Tensor) -> Tensor:
    """The slot of the person, fp32 `[1, 20, 1, h, w]`, from a picture `[1, 3, 1, H, W]` in [−1, 1]: all known."""
    latents = vae.encode(picture)
    return torch.cat([torch.ones_like(latents[:, :_TEMPORAL_STRIDE]), latents], dim=1)


def clip_condition(
    vae: Vae, num_frames: int, size: tuple[int, int], *, carried: Tensor | None, background: Tensor | None, mask: Tensor
) -> Tensor:
    """The slots of the clip, fp32 `[1, 20, F, h, w]`, for frames of `size` (height, width).

    The frames `carried` `[1, 3, n, H, W]` stand first, then the `background` `[1, 3, num_frames, H, W]` from there on,
    or mid grey without one. `mask` is what of every frame is known (see `known_places`).
    """
    video = torch.zeros(1, 3, num_frames, *size) if background is None else background.clone()
    if carried is not None:
        video[:, :, : carried.shape[2]] = carried
    latents = vae.encode(video)
    return torch.cat([mask.to(latents), latents], dim=1)


def known_places(num_frames: int, size: tuple[int, int], *, carried: int, person: Tensor | None) -> Tensor:
    """What is known of each frame: the first `carried` frames, and where `person` `[num_frames, H, W]` (1: the person
    to be replaced) is not.

    `[1, 4, F, h, w]`: four frames of a latent frame are four channels, the first frame stands for all four of its own.
    """
    if person is None:
        known = torch.zeros(num_frames, size[0] // _SPATIAL_STRIDE, size[1] // _SPATIAL_STRIDE)
    else:
        small = (size[0] // _SPATIAL_STRIDE, size[1] // _SPATIAL_STRIDE)
        known = F.interpolate((1 - person)[:, None], size=small, mode="nearest")[:, 0]
    known[:carried] = 1
    folded = torch.cat([known[:1].repeat(_TEMPORAL_STRIDE, 1, 1), known[1:]])
    return folded.view(-1, _TEMPORAL_STRIDE, *folded.shape[1:]).transpose(0, 1)[None]

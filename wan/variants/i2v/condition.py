"""What I2V adds to the noisy latents: a mask and the latents of a video that holds only the given pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from wan.model.vae import Vae

_TEMPORAL_STRIDE = 4


def image_condition(vae: Vae, first: Tensor, last: Tensor | None, num_frames: int) -> Tensor:
    """The condition fp32 `[1, 4 + 16, F, h, w]`: 4 mask channels, then the latents of the pictures' video.

    `first` and `last` are fp32 `[3, 1, H, W]` in [−1, 1]. Between them the video is 0 (mid grey), encoded in one pass,
    as in the reference; the layout with a last picture is that of diffusers' `WanImageToVideoPipeline`.
    """
    height, width = first.shape[-2:]
    video = torch.zeros(1, 3, num_frames, height, width)
    video[0, :, :1] = first
    if last is not None:
        video[0, :, -1:] = last
    latents = vae.encode(video)
    mask = known_frames_mask(num_frames, last is not None).to(latents)
    return torch.cat([mask.expand(-1, -1, -1, *latents.shape[-2:]), latents], dim=1)


def known_frames_mask(num_frames: int, with_last: bool) -> Tensor:
    """`[1, 4, F, 1, 1]`: 1 for the frames that are given. The first frame stands for all four of its latent frame."""
    known = torch.zeros(num_frames)
    known[0] = 1
    if with_last:
        known[-1] = 1
    folded = torch.cat([known[:1].repeat(_TEMPORAL_STRIDE), known[1:]])
    return folded.view(-1, _TEMPORAL_STRIDE).T.reshape(1, _TEMPORAL_STRIDE, -1, 1, 1)

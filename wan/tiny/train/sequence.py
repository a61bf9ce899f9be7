"""`AutoencoderKLWan` over a whole clip at once.

diffusers walks through a clip in pieces and caches what the causal convolutions need. Written for the whole sequence
the same network gives the same numbers (to 3e-6), compiles, and has gradients over whole clips, which training needs
(`wan.model.vae` is the same for rendering: faster, and in place). The temporal resampling is what differs: the
first frame passes through it, the causal convolution over time sees the rest. Both kinds are here: 2.1, and 2.2 with
its 2×2 pixel patches and its shortcuts around whole levels.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_kl_wan import WanResample, WanResidualDownBlock, patchify, unpatchify
from torch import Tensor


def encode_moments(vae: AutoencoderKLWan, video: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log-variance `[B, z, f, h, w]` of clips `[B, 3, F, H, W]` in -1 to 1, with F = 4n + 1."""
    if vae.config.patch_size is not None:
        video = patchify(video, vae.config.patch_size)
    hidden = vae.encoder.conv_in(video)
    for layer in vae.encoder.down_blocks:
        hidden = _down_block(layer, hidden)
    hidden = _head(vae.encoder, vae.encoder.mid_block(hidden))
    mean, log_variance = vae.quant_conv(hidden).chunk(2, dim=1)
    return mean, log_variance.clamp(-30.0, 20.0)


def decode(vae: AutoencoderKLWan, latents: Tensor) -> Tensor:
    """Clips `[B, 3, F, H, W]`, about -1 to 1 and not clamped, from latents as `encode_moments` gives them."""
    hidden = vae.decoder.mid_block(vae.decoder.conv_in(vae.post_quant_conv(latents)))
    for block in vae.decoder.up_blocks:
        hidden = _up_block(block, hidden)
    out: Tensor = _head(vae.decoder, hidden)
    if vae.config.patch_size is not None:
        out = unpatchify(out, vae.config.patch_size)
    return out


def latent_statistics(vae: AutoencoderKLWan) -> tuple[Tensor, Tensor]:
    """The configured mean and standard deviation of each latent channel, `[1, z, 1, 1, 1]`."""
    mean, std = torch.tensor(vae.config.latents_mean), torch.tensor(vae.config.latents_std)
    return mean.view(1, -1, 1, 1, 1).to(vae.device), std.view(1, -1, 1, 1, 1).to(vae.device)


def channels_last(vae: AutoencoderKLWan) -> AutoencoderKLWan:
    """Lays the convolutions' weights out channels-last, which makes them several times faster; in place."""
    for module in vae.modules():
        if isinstance(module, torch.nn.Conv3d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
        elif isinstance(module, torch.nn.Conv2d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
    return vae


def _head(part: Any, hidden: Tensor) -> Any:
    return part.conv_out(part.nonlinearity(part.norm_out(hidden)))


def _down_block(layer: Any, x: Tensor) -> Any:
    if isinstance(layer, WanResample):
        return _downsample(layer, x)
    if not isinstance(layer, WanResidualDownBlock):
        return layer(x)
    around = layer.avg_shortcut(x)
    for resnet in layer.resnets:
        x = resnet(x)
    return (x if layer.downsampler is None else _downsample(layer.downsampler, x)) + around


def _up_block(block: Any, x: Tensor) -> Tensor:
    # the 2.1 kind has a list of upsamplers, the 2.2 kind one and a shortcut around the block
    shortcut = getattr(block, "avg_shortcut", None)
    around = None if shortcut is None else shortcut(x, first_chunk=True)
    for resnet in block.resnets:
        x = resnet(x)
    upsampler = block.upsampler if hasattr(block, "upsampler") else (block.upsamplers or [None])[0]
    if upsampler is not None:
        x = _upsample(upsampler, x)
    return x if around is None else x + around


def _per_frame(layer: WanResample, x: Tensor) -> Tensor:
    batch, channels, frames, height, width = x.shape
    flat: Tensor = layer.resample(x.permute(0, 2, 1, 3, 4).reshape(batch * frames, channels, height, width))
    return flat.view(batch, frames, *flat.shape[1:]).permute(0, 2, 1, 3, 4)


def _downsample(layer: WanResample, x: Tensor) -> Tensor:
    x = _per_frame(layer, x)
    if layer.mode == "downsample3d" and x.shape[2] > 1:
        x = torch.cat([x[:, :, :1], layer.time_conv(x)], dim=2)
    return x


def _upsample(layer: WanResample, x: Tensor) -> Tensor:
    if layer.mode == "upsample3d" and x.shape[2] > 1:
        first, rest = x[:, :, :1], layer.time_conv(x[:, :, 1:])
        batch, channels, frames, height, width = rest.shape
        rest = rest.view(batch, 2, channels // 2, frames, height, width).permute(0, 2, 3, 1, 4, 5)
        x = torch.cat([first, rest.reshape(batch, channels // 2, 2 * frames, height, width)], dim=2)
    return _per_frame(layer, x)

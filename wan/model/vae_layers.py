"""The layers of diffusers' `AutoencoderKLWan` run in its order, with its own weights, over a whole sequence or a piece.

Same arithmetic as diffusers' layers, in an order that suits long sequences: channels-last throughout, activations in
place. Tensors are `[B, C, T, H, W]`, fp32. What is convolved: `wan.model.vae_convolutions`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wan.model.vae_convolutions import (
    Passage,
    convolve,
    convolve_activated,
    convolve_in_time,
    normalised,
)
from wan.parallel.rows import Rows
from wan.system.stop import look_for_stop


def run_encoder(encoder: Any, video: Tensor, passage: Passage) -> Tensor:
    """Video with 4n + 1 frames, or a later piece with 4n → `[B, 2z, n + 1, H/8, W/8]`, or n."""
    hidden = convolve(encoder.conv_in, video.contiguous(memory_format=torch.channels_last_3d), passage)
    for layer in encoder.down_blocks:
        hidden = _down(layer, hidden, passage)
    hidden = _middle(encoder.mid_block, hidden, passage)
    return _head(encoder, hidden, passage)


def run_decoder(decoder: Any, latents: Tensor, passage: Passage) -> Tensor:
    """Latents with n + 1 frames, or a later piece with n → video `[B, 3, 4n + 1, 8h, 8w]`, or 4n; not clamped."""
    hidden = convolve(decoder.conv_in, latents.contiguous(memory_format=torch.channels_last_3d), passage)
    hidden = _middle(decoder.mid_block, hidden, passage)
    for block in decoder.up_blocks:
        hidden = _up(block, hidden, passage)
    return _head(decoder, hidden, passage)


def _head(part: Any, hidden: Tensor, passage: Passage) -> Tensor:
    """In fp32: what comes out is not normalised any more."""
    activated = F.silu(normalised(part.norm_out, hidden), inplace=True)
    return convolve(part.conv_out, activated, passage)


def _middle(block: Any, hidden: Tensor, passage: Passage) -> Tensor:
    hidden = _residual(block.resnets[0], hidden, passage)
    for attention, resnet in zip(block.attentions, block.resnets[1:], strict=True):
        hidden = _residual(resnet, _attend(attention, hidden, passage), passage)
    return hidden


def _down(layer: Any, hidden: Tensor, passage: Passage) -> Tensor:
    if hasattr(layer, "to_qkv"):
        return _attend(layer, hidden, passage)
    if hasattr(layer, "resample"):
        return _downsample(layer, hidden, passage)
    if not hasattr(layer, "avg_shortcut"):
        return _residual(layer, hidden, passage)
    shortcut = layer.avg_shortcut(hidden)
    for resnet in layer.resnets:
        hidden = _residual(resnet, hidden, passage)
    if layer.downsampler is not None:
        hidden = _downsample(layer.downsampler, hidden, passage)
    summed: Tensor = hidden + shortcut
    return summed


def _up(block: Any, hidden: Tensor, passage: Passage) -> Tensor:
    given = hidden
    for resnet in block.resnets:
        hidden = _residual(resnet, hidden, passage)
    samplers = block.upsamplers or () if hasattr(block, "upsamplers") else (block.upsampler,)
    for sampler in samplers:
        hidden = hidden if sampler is None else _upsample(sampler, hidden, passage)
    shortcut = getattr(block, "avg_shortcut", None)
    if shortcut is not None:
        hidden = hidden + shortcut(given, first_chunk=passage.first)
    return hidden


def _residual(block: Any, hidden: Tensor, passage: Passage) -> Tensor:
    look_for_stop()
    shortcut = block.conv_shortcut
    kept = hidden if isinstance(shortcut, nn.Identity) else convolve(shortcut, hidden, passage)
    hidden = convolve_activated(block.norm1, block.conv1, hidden, passage).float()
    hidden = convolve_activated(block.norm2, block.conv2, hidden, passage)
    return hidden.add_(kept) if hidden.dtype == kept.dtype else kept + hidden


def _attend(layer: Any, hidden: Tensor, passage: Passage) -> Tensor:
    """Single-head attention inside each frame. Where its rows are cut, every GPU attends with all of them."""
    whole = hidden if passage.rows is None else passage.rows.whole(hidden)
    batch, channels, frames, rows, columns = whole.shape
    normal = normalised(layer.norm, whole).movedim(1, -1).reshape(batch * frames, 1, rows * columns, channels)
    mixed = F.linear(normal, layer.to_qkv.weight.flatten(1), layer.to_qkv.bias)
    query, key, value = mixed.chunk(3, dim=-1)
    attended = F.scaled_dot_product_attention(query, key, value)
    attended = F.linear(attended, layer.proj.weight.flatten(1), layer.proj.bias)
    attended = attended.view(batch, frames, rows, columns, channels).movedim(-1, 1)
    return (attended if passage.rows is None else passage.rows.cut(attended)).add_(hidden)


def _upsample(layer: Any, hidden: Tensor, passage: Passage) -> Tensor:
    """Twice the size, and twice the frames when the layer resamples time: but the first of a video stays one."""
    alone = 1 if passage.first else 0
    if layer.mode == "upsample3d" and hidden.shape[2] > alone:
        batch, channels, frames, rows, columns = hidden[:, :, alone:].shape
        pairs = convolve(layer.time_conv, hidden[:, :, alone:], passage).movedim(1, -1)
        pairs = pairs.reshape(batch, frames, rows, columns, 2, channels).movedim(4, 2)
        later = pairs.reshape(batch, 2 * frames, rows, columns, channels).movedim(-1, 1)
        hidden = torch.cat([hidden[:, :, :alone], later], dim=2) if alone else later
    return _per_frame(layer.resample, hidden, passage)


def _downsample(layer: Any, hidden: Tensor, passage: Passage) -> Tensor:
    """Half the size, and half the frames when the layer resamples time: but the first of a video is kept."""
    hidden = _per_frame(layer.resample, hidden, passage)
    if layer.mode != "downsample3d":
        return hidden
    before, length = passage.recall(layer.time_conv), hidden.shape[2]
    joined = hidden if before is None else torch.cat([before, hidden], dim=2)
    passage.remember(layer.time_conv, 1, hidden)
    if before is not None:
        return convolve_in_time(layer.time_conv, joined)
    if length == 1:
        return hidden
    return torch.cat([hidden[:, :, :1], convolve_in_time(layer.time_conv, joined)], dim=2)


def _per_frame(resample: Any, video: Tensor, passage: Passage) -> Tensor:
    if passage.rows is not None:
        return _per_frame_cut(resample, video, passage.rows)
    return _frames_through(resample, video)


def _per_frame_cut(resample: Any, video: Tensor, rows: Rows) -> Tensor:
    """diffusers enlarges and convolves, or convolves with a stride behind a margin below and to the right."""
    first, layer = resample
    if isinstance(first, nn.ZeroPad2d):
        video = F.pad(rows.with_neighbours(video, above=False), (0, 1))
        return _frames_through(lambda images: F.conv2d(images, layer.weight, layer.bias, layer.stride), video)
    video = rows.with_neighbours(_frames_through(first, video))
    return _frames_through(lambda images: F.conv2d(images, layer.weight, layer.bias, padding=(0, 1)), video)


def _frames_through(layer: Callable[[Tensor], Tensor], video: Tensor) -> Tensor:
    batch, frames = video.shape[0], video.shape[2]
    images = layer(video.transpose(1, 2).flatten(0, 1))
    return torch.unflatten(images, 0, (batch, frames)).transpose(1, 2)

"""The layers of diffusers' `AutoencoderKLWan` (2.1 kind) run over a whole sequence at once, with its own weights.

Same arithmetic as diffusers' layers, in an order that suits whole sequences: channels-last throughout, spatial padding
inside the convolution, activations in place. The two kinds of convolution that touch no neighbours in space are matrix
products, whose result does not depend on the number of threads. Tensors are `[B, C, T, H, W]`, fp32.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SMALLEST_NORM = 1e-12  # as in F.normalize


def run_encoder(encoder: Any, quant_conv: Any, video: Tensor) -> Tensor:
    """Video with 4n + 1 frames → mean and log-variance `[B, 2z, n + 1, H/8, W/8]`."""
    hidden = _convolve(encoder.conv_in, video.contiguous(memory_format=torch.channels_last_3d))
    for layer in encoder.down_blocks:
        hidden = _downsample(layer, hidden) if hasattr(layer, "resample") else _residual(layer, hidden)
    hidden = _middle(encoder.mid_block, hidden)
    return _convolve(quant_conv, _head(encoder, hidden))


def run_decoder(decoder: Any, post_quant_conv: Any, latents: Tensor) -> Tensor:
    """Latents with n + 1 frames → video `[B, 3, 4n + 1, 8h, 8w]`, not clamped."""
    hidden = _convolve(post_quant_conv, latents.contiguous(memory_format=torch.channels_last_3d))
    hidden = _middle(decoder.mid_block, _convolve(decoder.conv_in, hidden))
    for block in decoder.up_blocks:
        for resnet in block.resnets:
            hidden = _residual(resnet, hidden)
        if block.upsamplers is not None:
            hidden = _upsample(block.upsamplers[0], hidden)
    return _head(decoder, hidden)


def _head(part: Any, hidden: Tensor) -> Tensor:
    return _convolve(part.conv_out, F.silu(_norm(part.norm_out, hidden), inplace=True))


def _middle(block: Any, hidden: Tensor) -> Tensor:
    hidden = _residual(block.resnets[0], hidden)
    for attention, resnet in zip(block.attentions, block.resnets[1:], strict=True):
        hidden = _residual(resnet, _attend(attention, hidden))
    return hidden


def _residual(block: Any, hidden: Tensor) -> Tensor:
    shortcut = block.conv_shortcut
    kept = hidden if isinstance(shortcut, nn.Identity) else _convolve(shortcut, hidden)
    hidden = _convolve(block.conv1, F.silu(_norm(block.norm1, hidden), inplace=True))
    hidden = _convolve(block.conv2, F.silu(_norm(block.norm2, hidden), inplace=True))
    return hidden.add_(kept)


def _norm(layer: Any, hidden: Tensor) -> Tensor:
    values = hidden.movedim(1, -1)
    norm = torch.linalg.vector_norm(values, dim=-1, keepdim=True).clamp_min_(_SMALLEST_NORM)
    normal = values * norm.reciprocal_().mul_(layer.scale)
    scaled: Tensor = normal.mul_(layer.gamma.flatten())
    return scaled.movedim(-1, 1)


def _convolve(layer: Any, hidden: Tensor) -> Tensor:
    """A causal convolution: frames before the first are zero."""
    if layer.kernel_size[1:] == (1, 1):
        return _convolve_in_time(layer, _with_past(hidden, layer._padding[4]))
    rows, columns = layer._padding[2], layer._padding[0]
    hidden = _with_past(hidden, layer._padding[4])
    padding = (0, rows, columns)
    if hidden.is_cpu and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        # F.conv3d takes its slow path when batch · channels · frames · rows is small, which it always is here
        result: Tensor = torch.ops.aten.mkldnn_convolution(
            hidden, layer.weight, layer.bias, padding, layer.stride, layer.dilation, layer.groups
        )
        return result
    return F.conv3d(hidden, layer.weight, layer.bias, layer.stride, padding)


def _convolve_in_time(layer: Any, hidden: Tensor) -> Tensor:
    """A convolution over time alone, as one matrix product over neighbouring frames side by side."""
    length, stride = layer.kernel_size[0], layer.stride[0]
    values = hidden.movedim(1, -1)
    if length > 1:
        count = (values.shape[1] - length) // stride + 1
        shifted = [values[:, k : k + (count - 1) * stride + 1 : stride] for k in range(length)]
        values = torch.cat(shifted, dim=-1)
    # [out, in, k, 1, 1] → [out, k · in], in the order of the frames
    weight = layer.weight.flatten(2).transpose(1, 2).flatten(1)
    return F.linear(values, weight, layer.bias).movedim(-1, 1)


def _with_past(hidden: Tensor, frames: int) -> Tensor:
    if frames == 0:
        return hidden
    batch, channels, _, rows, columns = hidden.shape
    # made channels-last by its strides: F.pad would write every frame twice
    past = hidden.new_zeros(batch, frames, rows, columns, channels).movedim(-1, 1)
    return torch.cat([past, hidden], dim=2)


def _attend(layer: Any, hidden: Tensor) -> Tensor:
    """Single-head attention inside each frame."""
    batch, channels, frames, rows, columns = hidden.shape
    normal = _norm(layer.norm, hidden).movedim(1, -1).reshape(batch * frames, 1, rows * columns, channels)
    mixed = F.linear(normal, layer.to_qkv.weight.flatten(1), layer.to_qkv.bias)
    query, key, value = mixed.chunk(3, dim=-1)
    found = F.scaled_dot_product_attention(query, key, value)
    found = F.linear(found, layer.proj.weight.flatten(1), layer.proj.bias)
    return found.view(batch, frames, rows, columns, channels).movedim(-1, 1).add_(hidden)


def _upsample(layer: Any, hidden: Tensor) -> Tensor:
    """Twice the size, and 2T − 1 frames when the layer resamples time: the first frame stays one."""
    if layer.mode == "upsample3d" and hidden.shape[2] > 1:
        batch, channels, frames, rows, columns = hidden.shape
        pairs = _convolve(layer.time_conv, hidden[:, :, 1:]).movedim(1, -1)
        pairs = pairs.reshape(batch, frames - 1, rows, columns, 2, channels).movedim(4, 2)
        later = pairs.reshape(batch, 2 * (frames - 1), rows, columns, channels).movedim(-1, 1)
        hidden = torch.cat([hidden[:, :, :1], later], dim=2)
    return _per_frame(layer.resample, hidden)


def _downsample(layer: Any, hidden: Tensor) -> Tensor:
    """Half the size, and (T + 1) / 2 frames when the layer resamples time: the first frame is kept."""
    hidden = _per_frame(layer.resample, hidden)
    if layer.mode == "downsample3d" and hidden.shape[2] > 1:
        hidden = torch.cat([hidden[:, :, :1], _convolve(layer.time_conv, hidden)], dim=2)
    return hidden


def _per_frame(layer: Any, video: Tensor) -> Tensor:
    batch, frames = video.shape[0], video.shape[2]
    images = layer(video.transpose(1, 2).flatten(0, 1))
    result: Tensor = images.unflatten(0, (batch, frames)).transpose(1, 2)
    return result

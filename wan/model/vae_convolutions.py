"""The causal convolutions of WAN's video autoencoder, over a whole sequence or piece by piece.

Causal: a frame sees itself and frames before it; before the first there are zeros. A video that comes in pieces gives
the same as one at once, when every layer remembers the last frames of the piece before. Spatial padding is done inside
the convolution, and the two kinds that touch no neighbours in space are matrix products, whose result does not depend
on the number of threads. Tensors are `[B, C, T, H, W]`, channels-last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from wan.parallel.rows import Rows

_SMALLEST_NORM = 1e-12  # as in F.normalize
_NARROW = 96
"""Channels up to which fp16 convolutions are flat ones. Measured on an H200 at full resolution: 4.9 ms instead of 6.7;
with twice the channels at half the resolution it is the other way round, 3.8 instead of 3.0 (docs/benchmarks.md)."""


@dataclass(slots=True, eq=False)
class Passage:
    """One video on its way through the layers.

    `first`: the piece at hand is its beginning. `half`: what was normalised, and so is no larger than √C·γ, is rounded
    to fp16 before it is convolved, and the products are summed in fp32. fp16 has the 10 bits of mantissa that TF32 has.
    `rows`: of every frame some rows are here, and the others on other GPUs.
    """

    half: bool = False
    in_pieces: bool = False
    first: bool = True
    rows: Rows | None = None
    _past: dict[Any, Tensor] = field(default_factory=dict)

    def past(self, layer: Any, frames: int, like: Tensor) -> Tensor:
        """The last `frames` frames that `layer` was given, `[B, C, frames, H, W]`: zeros in the beginning."""
        kept = self._past.get(layer)
        if kept is None:
            batch, channels, _, rows, columns = like.shape
            # made channels-last by its strides: F.pad would write every frame twice
            kept = like.new_zeros(batch, frames, rows, columns, channels).movedim(-1, 1)
        return kept

    def remember(self, layer: Any, frames: int, given: Tensor) -> None:
        """Keep the end of what `layer` was given for the next piece."""
        if self.in_pieces:
            self._past[layer] = given[:, :, -frames:].clone(memory_format=torch.preserve_format)

    def recall(self, layer: Any) -> Tensor | None:
        """What `layer` remembers of the piece before; None in the beginning."""
        return self._past.get(layer)


def convolve(layer: Any, hidden: Tensor, passage: Passage) -> Tensor:
    """A causal convolution."""
    frames = layer._padding[4]
    if frames:
        joined = torch.cat([passage.past(layer, frames, hidden), hidden], dim=2)
        passage.remember(layer, frames, joined)
        hidden = joined
    return _convolve(layer, hidden, passage.rows)


def convolve_activated(norm: Any, layer: Any, hidden: Tensor, passage: Passage) -> Tensor:
    """Norm, SiLU and a causal convolution: fp16 where the passage is half. `hidden` is left as it is."""
    if not passage.half:
        return convolve(layer, F.silu(normalised(norm, hidden), inplace=True), passage)
    frames = layer._padding[4]
    batch, channels, length, rows, columns = hidden.shape
    factors = hidden.new_empty(batch, frames + length, rows, columns, channels, dtype=torch.float16)
    joined = factors.movedim(-1, 1)
    joined[:, :, :frames] = passage.past(layer, frames, joined)
    values = F.rms_norm(hidden.movedim(1, -1), (channels,), norm.gamma.flatten(), _SMALLEST_NORM**2 / channels)
    factors[:, frames:] = F.silu(values, inplace=True)
    passage.remember(layer, frames, joined)
    return _convolve(layer, joined, passage.rows)


def normalised(layer: Any, hidden: Tensor) -> Tensor:
    """The root of the mean square over the channels brought to 1, times `gamma`."""
    values = hidden.movedim(1, -1)
    norm = torch.linalg.vector_norm(values, dim=-1, keepdim=True).clamp_min_(_SMALLEST_NORM)
    normal = values * norm.reciprocal_().mul_(layer.scale)
    scaled: Tensor = normal.mul_(layer.gamma.flatten())
    return scaled.movedim(-1, 1)


def convolve_in_time(layer: Any, hidden: Tensor) -> Tensor:
    """A convolution over time alone, of the frames given, as one matrix product over neighbours side by side."""
    if hidden.is_cuda:  # which multiplies matrices in full fp32, and convolves quicker
        return F.conv3d(hidden, layer.weight, layer.bias, layer.stride)
    length, stride = layer.kernel_size[0], layer.stride[0]
    values = hidden.movedim(1, -1)
    if length > 1:
        count = (values.shape[1] - length) // stride + 1
        shifted = [values[:, k : k + (count - 1) * stride + 1 : stride] for k in range(length)]
        values = torch.cat(shifted, dim=-1)
    # [out, in, k, 1, 1] → [out, k · in], in the order of the frames
    weight = layer.weight.flatten(2).transpose(1, 2).flatten(1)
    return F.linear(values, weight, layer.bias).movedim(-1, 1)


def convolve_flat(joined: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int]) -> Tensor:
    """A 3D convolution as a 2D one, of frames that have their neighbours' channels beside their own: the same products,
    in one sum. Rows and columns are padded, frames are not."""
    batch, length = joined.shape[0], weight.shape[2]
    count = joined.shape[2] - length + 1
    values = joined.movedim(1, -1)
    images = torch.cat([values[:, k : k + count] for k in range(length)], dim=-1).flatten(0, 1).movedim(-1, 1)
    # [out, in, k, 3, 3] → [out, k · in, 3, 3], in the order of the frames
    kernel = weight.transpose(1, 2).flatten(1, 2).contiguous(memory_format=torch.channels_last)
    return torch.unflatten(F.conv2d(images, kernel, bias, padding=padding), 0, (batch, count)).transpose(1, 2)


def _convolve(layer: Any, joined: Tensor, rows: Rows | None) -> Tensor:
    """Of frames that have their past in front, in their type."""
    if layer.kernel_size[1:] == (1, 1):
        return convolve_in_time(layer, joined)
    padding = (0, layer._padding[2], layer._padding[0])
    if rows is not None:  # all kernels are three rows high
        joined, padding = rows.with_neighbours(joined), (0, 0, layer._padding[0])
    if joined.dtype == torch.float16:
        if max(layer.in_channels, layer.out_channels) <= _NARROW and layer.stride == (1, 1, 1):
            return convolve_flat(joined, layer.weight.half(), layer.bias.half(), padding[1:])
        return F.conv3d(joined, layer.weight.half(), layer.bias.half(), layer.stride, padding)
    if joined.is_cpu and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        # F.conv3d takes its slow path when batch · channels · frames · rows is small, which it always is here
        result: Tensor = torch.ops.aten.mkldnn_convolution(
            joined, layer.weight, layer.bias, padding, layer.stride, layer.dilation, layer.groups
        )
        return result
    return F.conv3d(joined, layer.weight, layer.bias, layer.stride, padding)

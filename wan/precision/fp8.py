"""Matrices kept in eight bits: e4m3 with one scale an output row, so that no weight falls into e4m3's coarse end.

`fp8_storage` widens a layer's matrix when it runs (half the memory, bf16 products). `fp8` multiplies in eight bits,
quantising the activations row by row as they come: NVIDIA Hopper and later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wan.errors import RequestError

E4M3 = torch.float8_e4m3fn
_LARGEST = 448.0  # of e4m3
_SMALLEST_SCALE = 1e-12
_BLOCK_LISTS = ("blocks", "vace_blocks")


class Fp8Linear(nn.Linear):
    """A linear layer whose `weight` is e4m3 `[out, in]`, times `weight_scale` fp32 `[out, 1]`."""

    weight_scale: Tensor

    def __init__(self, weight: Tensor, scale: Tensor, bias: Tensor | None, *, scaled_products: bool) -> None:
        nn.Module.__init__(self)  # nn.Linear would allocate weights of full size
        self.out_features, self.in_features = weight.shape
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.register_buffer("weight_scale", scale)
        self.register_parameter("bias", None if bias is None else nn.Parameter(bias, requires_grad=False))
        self.scaled_products = scaled_products

    def forward(self, input: Tensor) -> Tensor:
        if not self.scaled_products:
            weight = (self.weight.to(torch.float32) * self.weight_scale).to(input.dtype)
            return F.linear(input, weight, self.bias)
        rows, scale = to_e4m3(input.flatten(0, -2))
        product: Tensor = torch._scaled_mm(
            rows,
            self.weight.t(),
            scale_a=scale,
            scale_b=self.weight_scale.t(),
            bias=self.bias,
            out_dtype=input.dtype,
            use_fast_accum=False,
        )
        return torch.unflatten(product, 0, input.shape[:-1])


def to_e4m3(values: Tensor) -> tuple[Tensor, Tensor]:
    """Rows in e4m3 and their scales fp32 `[rows, 1]`: the largest of a row becomes the largest e4m3 number."""
    wide = values.float()
    # Divided by a tensor: by a number, a GPU multiplies with its reciprocal, which is another bit now and then.
    scale = wide.abs().amax(dim=1, keepdim=True).clamp_min(_SMALLEST_SCALE) / wide.new_full((), _LARGEST)
    return (wide / scale).clamp(-_LARGEST, _LARGEST).to(E4M3), scale


def quantise(linear: nn.Linear, *, scaled_products: bool) -> Fp8Linear:
    """The layer in eight bits; the same on every device."""
    weight, scale = to_e4m3(linear.weight.data)
    bias = None if linear.bias is None else linear.bias.data
    return Fp8Linear(weight, scale, bias, scaled_products=scaled_products)


def as_fp8(model: Any, *, scaled_products: bool) -> None:
    """Put layers in eight bits in the place of those that are kept so; `model` may be without memory (meta)."""
    for name, linear in quantised_linears(model):
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, quantise(linear, scaled_products=scaled_products))


def quantised_linears(model: Any) -> Iterator[tuple[str, nn.Linear]]:
    """The layers that are kept in eight bits: the matrices of the transformer's blocks."""
    for name, module in [*model.named_modules()]:
        if isinstance(module, nn.Linear) and name.split(".")[0] in _BLOCK_LISTS:
            yield name, module


def check_fp8(device: torch.device) -> None:
    """Raises `RequestError` when `device` cannot multiply in eight bits with a scale a row."""
    if device.type == "cuda":
        try:
            rows, scale = to_e4m3(torch.ones(16, 16, device=device))
            torch._scaled_mm(rows, rows.t(), scale_a=scale, scale_b=scale.t(), out_dtype=torch.bfloat16)
            return
        except (RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
    else:
        reason = f"this is {device}"
    raise RequestError(
        f"precision: fp8 multiplies in eight bits, which takes an NVIDIA Hopper GPU or a later one ({reason}); "
        "fp8_storage saves the same memory on any device"
    )

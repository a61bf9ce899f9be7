"""Weights as the reference publishes them, whoever repacked them: without prefix, and no longer in eight bits.

ComfyUI's files carry each fp8 weight with a scale (`scale_weight`, in newer files `weight_scale`); their product is the
weight. `scale_input`, `input_scale` and the markers `scaled_fp8`, `comfy_quant` steer its arithmetic and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from wan.convert.headers import FP8, TensorInfo
from wan.convert.sources import Source
from wan.errors import CheckpointError

PREFIXES = ("model.diffusion_model.", "diffusion_model.", "model.")
_SIDE = re.compile(r"(.*\.)?(scale_input|input_scale|comfy_quant|scaled_fp8|spiece_model)")
_SCALES = ("scale_weight", "weight_scale")
DEQUANTISED = "BF16"


class Weights:
    """The weights of one model. `tensors`: names without prefix, types and shapes; fp8 is shown, and read, as bf16."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._prefix = _prefix(source.tensors)
        self.tensors: dict[str, TensorInfo] = {}
        self.quantised = False
        for name, info in source.tensors.items():
            key = name.removeprefix(self._prefix)
            if _SIDE.fullmatch(key) or key.rpartition(".")[2] in _SCALES:
                continue
            if info.dtype in FP8:
                self.quantised = True
                info = replace(info, dtype=DEQUANTISED)
            elif self._scale(name) is not None:
                raise CheckpointError(
                    f"{info.path}: {name} is quantised as {info.dtype}; of quantised files only fp8 ones can be read"
                )
            self.tensors[key] = info

    def read(self, key: str) -> Tensor:
        """One weight: as it is stored, or dequantised in fp32 and rounded to bf16."""
        name = self._prefix + key
        tensor = self.source.read(name)
        if self.source.tensors[name].dtype not in FP8:
            return tensor
        scale = self._scale(name)
        if scale is None:
            return tensor.to(torch.bfloat16)
        factor = self.source.read(scale).float()
        return tensor.float().mul_(_broadcast(factor, tensor, name)).to(torch.bfloat16)

    def _scale(self, name: str) -> str | None:
        stem, _, last = name.rpartition(".")
        if last != "weight":
            return None
        return next((f"{stem}.{scale}" for scale in _SCALES if f"{stem}.{scale}" in self.source.tensors), None)


def _prefix(tensors: Mapping[str, TensorInfo]) -> str:
    for prefix in PREFIXES:
        if sum(name.startswith(prefix) for name in tensors) > len(tensors) // 2:
            return prefix
    return ""


def _broadcast(factor: Tensor, weight: Tensor, name: str) -> Tensor:
    """One scale for the whole weight, or one for every row."""
    if factor.numel() == 1:
        return factor.reshape(())
    if weight.ndim and factor.numel() == weight.shape[0]:
        return factor.reshape(-1, *[1] * (weight.ndim - 1))
    raise CheckpointError(f"{name} has scales of the shape {list(factor.shape)}; one, or one a row, is understood")

"""Weights in eight bits as single files have them: which layouts are understood, and what they are multiplied by.

A layer `x` has `x.weight` and beside it, by the program that wrote the file,

| names | |
| --- | --- |
| `scale_weight`, `weight_scale` | the scale that the weight is multiplied with: one, one a row, one a block |
| `scale_input`, `input_scale` | of activations: they steer arithmetic in eight bits and are left out |
| `comfy_quant` | JSON as bytes: the format of this layer |
| `weight_scale_2`, `pre_quant_scale`, … | of formats that are refused |

and the file the marker `scaled_fp8` (ComfyUI until 2025) or, in its metadata, `_quantization_metadata`: the formats of
all layers (https://github.com/comfyanonymous/ComfyUI/blob/master/QUANTIZATION.md).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from wan.convert.sources import Source
from wan.errors import CheckpointError
from wan.weights.headers import FLOATS, FP8, TensorInfo

SCALES = ("scale_weight", "weight_scale")
DEQUANTISED = "BF16"

_LEFT_OUT = re.compile(r"(.*\.)?(scale_input|input_scale|comfy_quant|scaled_fp8|spiece_model)")
_FOREIGN = re.compile(
    r".*\.(weight_scale_2|weight_scalar|pre_quant_scale|weight_zero_point|qweight|qzeros|weight\._data|weight\._scale"
    r"|weight\.(absmax|quant_map|quant_state\..*))"
)
_FORMATS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("float8_e4m3fn", "float8_e4m3fn_rowwise", "float8_e4m3fn_blockwise"), frozenset({"F8_E4M3", "U8"})
    ),
    "float8_e5m2": frozenset({"F8_E5M2", "U8"}),
    **dict.fromkeys(("int8_tensorwise", "int8_blockwise"), frozenset({"I8"})),
}
"""Formats whose weights are products, and the types they are kept in."""
_TAKE_ANOTHER = "take the file in bf16, fp16 or scaled fp8 instead"


def is_side(key: str) -> bool:
    """Whether a tensor is no weight, but says how one is kept or computed with."""
    return bool(_LEFT_OUT.fullmatch(key)) or key.rpartition(".")[2] in SCALES


class Quantisation:
    """How the weights of one source are kept. `prefix` is before every name."""

    def __init__(self, source: Source, prefix: str) -> None:
        self._source = source
        self._prefix = prefix
        self._noted = _noted_formats(source)
        foreign = next((name for name in source.tensors if _FOREIGN.fullmatch(name)), None)
        if foreign is not None:
            kind = self._format(_layer(foreign)).get("format")
            how = f"quantised as {kind}" if kind else f"quantised in another way than is understood ({foreign})"
            raise CheckpointError(f"{source.tensors[foreign].path}: {_layer(foreign)} is {how}; {_TAKE_ANOTHER}")

    def holds(self, name: str, info: TensorInfo) -> bool:
        """Whether this weight is in eight bits. Raises `CheckpointError` when it is in a way that is not understood."""
        layout = self._format(_layer(name)) if name.endswith(".weight") else {}
        kind = None if layout.get("format") is None else str(layout["format"])
        scale = self._source.tensors.get(self._scale(name) or "")
        if kind is None:
            said = info.dtype in FP8 or (scale is None and not _is_matrix_of_integers(name, info))
            why = None if said else f"{info.dtype}, and nothing says how"
        else:
            why = _strange_format(kind, layout, info, scaled=scale is not None)
        if why is None and scale is not None:
            why = _strange_scale(scale, info)
        if why is not None:
            raise CheckpointError(f"{info.path}: {name} is quantised as {why}; {_TAKE_ANOTHER}")
        return kind is not None or info.dtype in FP8

    def widened(self, name: str) -> Tensor:
        """A weight in eight bits: times its scale in fp32, rounded to bf16."""
        weight = self._source.read(name)
        if weight.dtype == torch.uint8:  # some files keep fp8 so
            weight = weight.view(
                torch.float8_e5m2 if "e5m2" in self._format(_layer(name))["format"] else torch.float8_e4m3fn
            )
        scale = self._scale(name)
        if scale is None:
            return weight.to(torch.bfloat16)
        factor = self._source.read(scale).float()
        return weight.float().mul_(_spread(factor, weight)).to(torch.bfloat16)

    def _scale(self, name: str) -> str | None:
        layer, _, last = name.rpartition(".")
        if last != "weight":
            return None
        return next((f"{layer}.{scale}" for scale in SCALES if f"{layer}.{scale}" in self._source.tensors), None)

    def _format(self, layer: str) -> Mapping[str, Any]:
        """What the file says of a layer; empty: nothing."""
        note = f"{layer}.comfy_quant"
        if note in self._source.tensors:
            text = bytes(self._source.read(note).view(torch.uint8).tolist())
            return _json(text, self._source.tensors[note].path)
        return self._noted.get(layer) or self._noted.get(layer.removeprefix(self._prefix)) or {}


def _strange_format(kind: str, layout: Mapping[str, Any], info: TensorInfo, *, scaled: bool) -> str | None:
    """What is not understood of a weight whose format the file names."""
    if layout.get("convrot"):
        return f"{kind} with rotated weights"
    if kind not in _FORMATS:
        return kind
    if info.dtype not in _FORMATS[kind]:
        return f"{kind}, but is kept as {info.dtype}"
    if kind.startswith("int8") and not scaled:
        return f"{kind}, but has no scales"
    return None


def _strange_scale(scale: TensorInfo, info: TensorInfo) -> str | None:
    """What is not understood of the scales of a weight."""
    if scale.dtype not in FLOATS - FP8:
        return f"{info.dtype} with scales of type {scale.dtype}"
    if not _fits(scale.shape, info.shape):
        return (
            f"{info.dtype} {list(info.shape)} with scales of the shape {list(scale.shape)}; one, one a row, or one for "
            "each block of equal size is understood"
        )
    return None


def _noted_formats(source: Source) -> Mapping[str, Mapping[str, Any]]:
    path = source.files[0] if len(source.files) == 1 else source.files[0].parent
    layers = _json(source.metadata.get("_quantization_metadata", "{}"), path).get("layers", {})
    return {name: conf for name, conf in layers.items() if isinstance(conf, dict)} if isinstance(layers, dict) else {}


def _json(text: str | bytes, path: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CheckpointError(f"{path}: a note on how weights are quantised cannot be read: {error}") from error
    return value if isinstance(value, dict) else {"format": str(value)}


def _layer(name: str) -> str:
    stem, mark, _ = name.rpartition(".weight.")  # quanto and bitsandbytes hang their parts on the weight
    return stem if mark else name.rpartition(".")[0]


def _is_matrix_of_integers(name: str, info: TensorInfo) -> bool:
    return name.endswith(".weight") and len(info.shape) > 1 and info.dtype not in FLOATS


def _fits(scale: Sequence[int], weight: Sequence[int]) -> bool:
    """Whether scales of one shape are one for all, one a row, or one for each block of equal size of the other."""
    count = math.prod(scale)
    if count == 1 or (weight and scale and 0 < count == max(scale) == weight[0]):
        return True
    if len(scale) == 3 and scale[2] == 1:  # [rows, blocks, 1]
        scale = scale[:2]
    return count > 0 and len(scale) == len(weight) == 2 and all(w % n == 0 for w, n in zip(weight, scale, strict=True))


def _spread(factor: Tensor, weight: Tensor) -> Tensor:
    """The scales, which fit, at the weights they belong to."""
    if factor.numel() == 1:
        return factor.reshape(())
    if factor.numel() == max(factor.shape) == weight.shape[0]:
        return factor.reshape(-1, *[1] * (weight.ndim - 1))
    if factor.ndim == 3:
        factor = factor[..., 0]
    rows, columns = (size // n for size, n in zip(weight.shape, factor.shape, strict=True))
    return factor.repeat_interleave(rows, 0).repeat_interleave(columns, 1)

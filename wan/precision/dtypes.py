"""In which type each weight of a model is kept, a row a precision.

| precision | weights | in fp32 |
| --- | --- | --- |
| fp32 | fp32 | all |
| bf16 | bf16 | what diffusers keeps in fp32 (`_keep_in_fp32_modules`), but it rounds between layers |
| reference | bf16 | what the reference computes in fp32 under autocast: norms, time embedding, modulation, head |
| fp8_storage, fp8 | e4m3 in the blocks' matrices, with a scale a row; else as `reference` | as `reference` |
"""

from __future__ import annotations

from typing import Any

import torch

from wan.precision.fp8 import as_fp8
from wan.request import Precision

_REFERENCE_FP32 = ("time_embedder", "time_proj", "scale_shift_table", "norm_q", "norm_k", "norm_added_k")
_REFERENCE_FP32_AT_TOP = ("proj_out",)  # VACE's blocks have projections of that name, which stay in bf16


def dtype_of(kind: type[Any], key: str, precision: Precision) -> torch.dtype:
    """The type a weight of a model of this class is loaded in; e4m3 is made from it afterwards."""
    if precision == "fp32":
        return torch.float32
    names = key.split(".")
    kept = set(getattr(kind, "_keep_in_fp32_modules", None) or ())
    if precision != "bf16":
        kept.update(_REFERENCE_FP32)
        if names[0] in _REFERENCE_FP32_AT_TOP:
            return torch.float32
    return torch.float32 if kept.intersection(names) else torch.bfloat16


def set_convolutions(precision: Precision) -> None:
    """Whether fp32 convolutions on a GPU take their factors as TF32 (10 bits of mantissa), for this process: torch's
    default, with which the reference runs, but not in `fp32`. Products of matrices in fp32 never do, by default."""
    torch.backends.cudnn.allow_tf32 = precision != "fp32"


def cast_model(model: Any, precision: Precision) -> Any:
    """A transformer in memory brought to a precision, in place: for models made or changed after loading."""
    for name, weight in [*model.named_parameters()]:
        weight.data = weight.data.to(dtype_of(type(model), name, precision))
    if precision in ("fp8_storage", "fp8"):
        as_fp8(model, scaled_products=precision == "fp8")
    return model

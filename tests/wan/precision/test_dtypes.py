from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from wan.precision.dtypes import cast_model, dtype_of, set_convolutions
from wan.request import Precision


class Model(nn.Module):
    _keep_in_fp32_modules = ("norm2",)


@pytest.mark.parametrize(
    ("key", "precision", "wanted"),
    [
        ("blocks.0.ffn.weight", "fp32", torch.float32),
        ("blocks.0.ffn.weight", "reference", torch.bfloat16),
        ("blocks.0.norm2.weight", "bf16", torch.float32),
        ("blocks.0.attn1.norm_q.weight", "bf16", torch.bfloat16),
        ("blocks.0.attn1.norm_q.weight", "reference", torch.float32),
        ("blocks.0.scale_shift_table", "fp8", torch.float32),
        ("proj_out.weight", "reference", torch.float32),
        ("proj_out.weight", "bf16", torch.bfloat16),
        ("vace_blocks.0.proj_out.weight", "reference", torch.bfloat16),
    ],
)
def test_what_the_reference_keeps_in_fp32_stays_so(key: str, precision: Precision, wanted: torch.dtype) -> None:
    assert dtype_of(Model, key, precision) == wanted


def test_a_model_in_memory_is_cast_as_it_would_be_loaded() -> None:
    model: Any = Model()
    model.norm2, model.ffn = nn.LayerNorm(4), nn.Linear(4, 4)
    cast_model(model, "bf16")
    assert (model.norm2.weight.dtype, model.ffn.weight.dtype) == (torch.float32, torch.bfloat16)


def test_convolutions_are_exact_in_fp32_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    set_convolutions("fp32")
    assert not torch.backends.cudnn.allow_tf32
    set_convolutions("reference")
    assert torch.backends.cudnn.allow_tf32

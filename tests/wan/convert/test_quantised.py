"""Every layout of eight-bit files that is published is understood, or refused by its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from wan.convert.sources import SafetensorsSource
from wan.convert.weights import Weights
from wan.errors import CheckpointError

E4M3, E5M2 = torch.float8_e4m3fn, torch.float8_e5m2
PREFIX = "model.diffusion_model."


def note(**conf: Any) -> Tensor:
    """A layer's format as ComfyUI writes it: JSON, byte by byte."""
    return torch.frombuffer(bytearray(json.dumps(conf).encode()), dtype=torch.uint8)


def opened(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> Weights:
    save_file({PREFIX + name: value for name, value in tensors.items()}, path / "a.safetensors", metadata)
    return Weights(SafetensorsSource([path / "a.safetensors"]))


@pytest.fixture
def weight() -> Tensor:
    return torch.randn(8, 64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", [E4M3, E5M2], ids=["e4m3", "e5m2"])
@pytest.mark.parametrize(
    "names", [("scale_weight", "scale_input"), ("weight_scale", "input_scale")], ids=["old", "new"]
)
@pytest.mark.parametrize("shape", [(), (1,), (8,), (8, 1), (2, 4), (8, 4, 1)], ids=str)
def test_the_weight_is_the_product_with_its_scale(
    kind: torch.dtype, names: tuple[str, str], shape: tuple[int, ...], weight: Tensor, tmp_path: Path
) -> None:
    scale, given = torch.rand(shape) + 0.5, weight.to(kind)
    tensors = {"x.weight": given, f"x.{names[0]}": scale, f"x.{names[1]}": torch.ones(()), "x.bias": torch.ones(8)}
    weights = opened(tmp_path, tensors | {"scaled_fp8": torch.zeros(2, dtype=kind)})
    assert {name: info.dtype for name, info in weights.tensors.items()} == {"x.weight": "BF16", "x.bias": "F32"}
    assert weights.quantised
    wanted = [
        [float(given[row, column]) * float(_scale_at(scale, row, column)) for column in range(64)] for row in range(8)
    ]
    assert torch.equal(weights.read("x.weight"), torch.tensor(wanted).to(torch.bfloat16))


def _scale_at(scale: Tensor, row: int, column: int) -> Tensor:
    if scale.numel() == 1:
        return scale.reshape(())
    if scale.numel() == 8 and scale.ndim < 3 and scale.shape[0] == 8:
        return scale.reshape(8)[row]
    return scale.reshape(scale.shape[0], -1)[row * scale.shape[0] // 8, column * scale.shape[1] // 64]


@pytest.mark.parametrize("prefix", ["", PREFIX], ids=["bare", "prefixed"])
def test_what_the_metadata_says_of_a_layer_counts(prefix: str, weight: Tensor, tmp_path: Path) -> None:
    """fp8 in bytes: only the note tells that they are no integers."""
    layers = {f"{prefix}x": {"format": "float8_e4m3fn"}}
    metadata = {"_quantization_metadata": json.dumps({"format_version": "1.0", "layers": layers})}
    tensors = {"x.weight": weight.to(E4M3).view(torch.uint8), "x.weight_scale": torch.tensor(2.0)}
    found = opened(tmp_path, tensors, metadata).read("x.weight")
    assert torch.equal(found, (weight.to(E4M3).float() * 2).to(torch.bfloat16))


@pytest.mark.parametrize("kind", ["float8_e4m3fn", "float8_e5m2"])
def test_a_note_beside_the_layer_counts(kind: str, weight: Tensor, tmp_path: Path) -> None:
    dtype = getattr(torch, kind)
    tensors = {"x.weight": weight.to(dtype), "x.weight_scale": torch.tensor(2.0), "x.comfy_quant": note(format=kind)}
    weights = opened(tmp_path, tensors)
    assert list(weights.tensors) == ["x.weight"]
    assert torch.equal(weights.read("x.weight"), (weight.to(dtype).float() * 2).to(torch.bfloat16))


@pytest.mark.parametrize("shape", [(), (8, 1)], ids=str)
def test_integers_with_a_note_are_multiplied_too(shape: tuple[int, ...], weight: Tensor, tmp_path: Path) -> None:
    scale = weight.abs().amax() / 127 * torch.ones(shape)
    given = (weight / scale).round().to(torch.int8)
    tensors = {"x.weight": given, "x.weight_scale": scale, "x.comfy_quant": note(format="int8_tensorwise")}
    assert torch.allclose(opened(tmp_path, tensors).read("x.weight").float(), weight, atol=0.03)


SCALE = {"x.weight_scale": torch.ones(8, 4)}
BYTES = {"x.weight": torch.zeros(8, 64, dtype=torch.uint8)}
REFUSED: dict[str, tuple[dict[str, Tensor], str]] = {
    "nvfp4": (
        {**BYTES, **SCALE, "x.weight_scale_2": torch.ones(()), "x.comfy_quant": note(format="nvfp4")},
        "quantised as nvfp4",
    ),
    "mxfp8": (
        {"x.weight": torch.zeros(8, 64, dtype=E4M3), **SCALE, "x.comfy_quant": note(format="mxfp8")},
        "quantised as mxfp8",
    ),
    "mxfp8 without a note": (
        {"x.weight": torch.zeros(8, 64, dtype=E4M3), "x.weight_scale": torch.zeros(8, 2, dtype=torch.float8_e8m0fnu)},
        "F8_E4M3 with scales of type F8_E8M0",
    ),
    "hybrid": (
        {"x.weight": torch.zeros(8, 64, dtype=E4M3), **SCALE, "x.weight_scalar": torch.ones(())},
        r"another way than is understood \(.*weight_scalar\)",
    ),
    "rotated": (
        {
            "x.weight": torch.zeros(8, 64, dtype=torch.int8),
            "x.weight_scale": torch.ones(8, 1),
            "x.comfy_quant": note(format="int8_tensorwise", convrot=True, convrot_groupsize=256),
        },
        "int8_tensorwise with rotated weights",
    ),
    "awq": (
        {
            "x.weight": torch.zeros(8, 64, dtype=E4M3),
            "x.weight_scale": torch.ones(()),
            "x.pre_quant_scale": torch.ones(64),
        },
        "another way than is understood",
    ),
    "integers without a note": (
        {"x.weight": torch.zeros(8, 64, dtype=torch.int8), "x.weight_scale": torch.ones(8, 1)},
        "I8, and nothing says how",
    ),
    "integers without a note or scales": (
        {"x.weight": torch.zeros(8, 64, dtype=torch.int8)},
        "I8, and nothing says how",
    ),
    "bytes without a note": (BYTES, "U8, and nothing says how"),
    "integers without scales": (
        {"x.weight": torch.zeros(8, 64, dtype=torch.int8), "x.comfy_quant": note(format="int8_tensorwise")},
        "int8_tensorwise, but has no scales",
    ),
    "blocks that do not fit": (
        {"x.weight": torch.zeros(8, 64, dtype=E4M3), "x.weight_scale": torch.ones(3, 5)},
        r"F8_E4M3 \[8, 64\] with scales of the shape \[3, 5\]",
    ),
    "no scales": (
        {"x.weight": torch.zeros(8, 64, dtype=E4M3), "x.weight_scale": torch.ones(2, 0)},
        r"with scales of the shape \[2, 0\]",
    ),
    "a list of formats": ({**BYTES, **SCALE, "x.comfy_quant": note(format=["float8_e4m3fn"])}, "quantised as .*float8"),
    "quanto": (
        {"x.weight._data": torch.zeros(8, 64, dtype=torch.int8), "x.weight._scale": torch.ones(8, 1)},
        "weight._",
    ),
    "bitsandbytes": (
        {**BYTES, "x.weight.absmax": torch.ones(8), "x.weight.quant_state.bitsandbytes__nf4": torch.zeros(4)},
        "absmax",
    ),
    "a new one": ({**BYTES, **SCALE, "x.comfy_quant": note(format="fp3_spiral")}, "quantised as fp3_spiral"),
    "a broken note": (
        {"x.weight": torch.zeros(8, 64, dtype=E4M3), "x.comfy_quant": torch.zeros(3, dtype=torch.uint8)},
        "cannot be read",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_product_is_refused_by_name(case: str, tmp_path: Path) -> None:
    tensors, told = REFUSED[case]
    with pytest.raises(CheckpointError, match=told) as caught:
        opened(tmp_path, tensors)
    assert str(caught.value).startswith(str(tmp_path / "a.safetensors"))

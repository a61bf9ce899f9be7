from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from wan.convert.sources import open_source
from wan.convert.weights import Weights


def weights(path: Path, tensors: dict[str, torch.Tensor]) -> Weights:
    save_file(tensors, path)
    return Weights(open_source([path]))


@pytest.mark.parametrize("prefix", ["", "model.", "diffusion_model.", "model.diffusion_model."])
def test_whoever_repacked_them_names_are_the_references(prefix: str, tmp_path: Path) -> None:
    found = weights(tmp_path / "w", {f"{prefix}blocks.0.w": torch.ones(2), f"{prefix}head": torch.zeros(1)})
    assert set(found.tensors) == {"blocks.0.w", "head"}
    assert torch.equal(found.read("blocks.0.w"), torch.ones(2))
    assert not found.quantised


def test_a_prefix_that_few_names_have_is_part_of_them(tmp_path: Path) -> None:
    found = weights(tmp_path / "w", {"model.a": torch.ones(1), "b": torch.ones(1), "c": torch.ones(1)})
    assert set(found.tensors) == {"model.a", "b", "c"}


def test_weights_in_eight_bits_are_shown_and_read_as_bf16(tmp_path: Path) -> None:
    narrow = torch.tensor([[1.0, -2.0]]).to(torch.float8_e4m3fn)
    found = weights(tmp_path / "w", {"a.weight": narrow, "a.scale_weight": torch.tensor([3.0]), "b": torch.ones(1)})
    assert found.quantised
    assert {name: info.dtype for name, info in found.tensors.items()} == {"a.weight": "BF16", "b": "F32"}
    assert found.read("a.weight").tolist() == [[3.0, -6.0]]

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from wan.lora.apply import put_on, take_off
from wan.lora.file import read_changes
from wan.request import Lora
from wan.variants.animate.relighting import FOLDER

RANK = 4
_LAYERS = {"self_attn": "qkvo", "cross_attn": ["q", "k", "v", "o", "k_img", "v_img"], "ffn": "02"}


def _write(folder: Path, dim: int, ffn: int, blocks: int) -> Path:
    """As the reference's training saves it: PEFT's names around the reference's own, no alpha (it equals the rank)."""
    tensors = {}
    for block in range(blocks):
        for part, names in _LAYERS.items():
            for name in names:
                wide_in = ffn if (part, name) == ("ffn", "2") else dim
                wide_out = ffn if (part, name) == ("ffn", "0") else dim
                layer = f"base_model.model.blocks.{block}.{part}.{name}"
                tensors[f"{layer}.lora_A.weight"] = torch.randn(RANK, wide_in)
                tensors[f"{layer}.lora_B.weight"] = torch.randn(wide_out, RANK) * 0.1
    path = folder / FOLDER / "adapter_model.safetensors"
    path.parent.mkdir()
    save_file(tensors, path)
    return path


@pytest.mark.parity
def test_every_weight_of_it_belongs_to_a_layer_and_changes_it(tmp_path: Path, reference_expert: Any) -> None:
    model = reference_expert.model
    torch.manual_seed(0)
    dim, ffn = model.blocks[0].ffn.net[2].weight.shape
    path = _write(tmp_path, dim, ffn, len(model.blocks))
    changes = read_changes(path, {name for name, _ in [*model.named_modules(), *model.named_parameters()]})
    assert len(changes) == len(model.blocks) * 12
    assert f"blocks.{len(model.blocks) - 1}.attn2.add_k_proj" in changes
    assert {change.scale for change in changes.values()} == {1.0}
    layer, tokens = model.blocks[0].attn2.add_v_proj, torch.randn(1, 3, dim)
    before = layer(tokens)
    put_on(model, [Lora(path, "digest")], torch.device("cpu"))
    try:
        pair = changes["blocks.0.attn2.add_v_proj"].tensors
        wanted = before + tokens @ pair["down"].T @ pair["up"].T
        assert torch.allclose(layer(tokens), wanted, atol=1e-5)
    finally:
        take_off(model)
    assert torch.equal(layer(tokens), before)

"""What is found in single files and beside them, from headers alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.wan.lora.test_file import write
from wan.convert.gather import gather
from wan.errors import CheckpointError

WIDTH = 96
TRANSFORMER = {
    "patch_embedding.weight": (WIDTH, 16, 1, 2, 2),
    "blocks.0.self_attn.q.weight": (WIDTH, WIDTH),
    "blocks.0.ffn.0.weight": (64, WIDTH),
    "head.head.weight": (64, WIDTH),
    "head.modulation": (1, 2, WIDTH),
    "text_embedding.0.weight": (WIDTH, 32),
    "time_embedding.0.weight": (WIDTH, 16),
}
CLIP = {
    "visual.patch_embedding.weight": (32, 3, 14, 14),
    "visual.pos_embedding": (1, 17, 32),
    "visual.transformer.0.mlp.0.weight": (64, 32),
}


def config(folder: Path, **values: object) -> None:
    (folder / "config.json").write_text(json.dumps(values))


def test_the_configuration_beside_two_experts_counts_for_both(tmp_path: Path) -> None:
    files = [write(tmp_path, TRANSFORMER, name=f"{name}_noise") for name in ("high", "low")]
    part = gather(files).parts["transformer"]
    with pytest.raises(CheckpointError, match=r"put a config\.json that says num_heads beside its weights"):
        part.kind.config(part.weights.tensors, part.stated)
    config(tmp_path, num_heads=6)
    for part in gather(files).parts.values():
        assert part.kind.config(part.weights.tensors, part.stated)["num_attention_heads"] == 6


def test_the_configuration_beside_clip_says_its_heads(tmp_path: Path) -> None:
    write(tmp_path, TRANSFORMER, name="diffusion_pytorch_model")
    write(tmp_path, CLIP, name="models_clip")
    config(tmp_path, num_heads=6)
    part = gather([tmp_path]).parts["image_encoder"]
    with pytest.raises(CheckpointError, match=r"put a config\.json that says vision_heads beside its weights"):
        part.kind.config(part.weights.tensors, part.stated)
    config(tmp_path, num_heads=6, vision_heads=4)
    part = gather([tmp_path]).parts["image_encoder"]
    assert part.kind.config(part.weights.tensors, part.stated)["num_attention_heads"] == 4


@pytest.mark.parametrize("heads", [0, -6, 7, "six", True, 2.5])
def test_heads_that_cannot_be_are_named(tmp_path: Path, heads: object) -> None:
    config(tmp_path, num_heads=heads)
    part = gather([write(tmp_path, TRANSFORMER)]).parts["transformer"]
    with pytest.raises(CheckpointError, match=r"num_heads is .* does not divide the 96 channels"):
        part.kind.config(part.weights.tensors, part.stated)

"""What weights are is said from their headers, WAN 2.2 or not, pulled or not."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from tests.wan.hub.conftest import PACE, Told, safetensors
from tests.wan.hub.fake_hub import FakeHub
from wan.errors import CheckpointError
from wan.families import TINY_CHECKPOINTS
from wan.hub.info import describe
from wan.hub.pull import Source, pull
from wan.variants.published import Model


def test_a_folder_in_diffusers_layout_says_its_variant_and_what_it_lacks() -> None:
    found = describe(TINY_CHECKPOINTS / "i2v-a14b")
    assert (found.layout, found.variant) == ("diffusers", "i2v-a14b")
    assert [part.name for part in found.parts] == ["transformer", "transformer_2"]
    assert set(found.missing) == {"vae", "text_encoder", "tokenizer"}
    assert found.parts[0].dtypes == ("F16",)
    assert found.size == 2 * found.parameters


def test_a_single_file_of_another_model_is_counted_for_itself(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(safetensors(3, 1))
    found = describe(tmp_path / "w.safetensors")
    assert (found.layout, found.variant, found.parameters) == ("files", None, 3 * 1024)


def test_eight_bit_weights_with_scales_are_told(tmp_path: Path) -> None:
    """As ComfyUI users have them: a prefix, fp8 matrices, one scale each."""
    shapes = {
        "patch_embedding.weight": ("F16", [8, 16, 1, 2, 2]),
        "blocks.0.self_attn.q.weight": ("F8_E4M3", [8, 8]),
        "blocks.0.self_attn.q.scale_weight": ("F32", []),
        "blocks.0.ffn.0.weight": ("F8_E4M3", [16, 8]),
        "head.head.weight": ("F16", [64, 8]),
        "head.modulation": ("F16", [1, 2, 8]),
        "text_embedding.0.weight": ("F16", [8, 4]),
        "time_embedding.0.weight": ("F16", [8, 4]),
        "scaled_fp8": ("F8_E4M3", [2]),
    }
    path = tmp_path / "high_fp8_scaled.safetensors"
    path.write_bytes(_file({f"model.diffusion_model.{name}": value for name, value in shapes.items()}))
    found = describe(path)
    assert (found.layout, found.variant) == ("single", "t2v-a14b")
    assert found.parts[0].scaled


def test_a_pulled_model_says_where_it_is_from(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    folder = pull(model, told, source=source, pace=PACE).folder
    found = describe(folder)
    assert found.layout == "transformers"
    assert found.manifest is not None
    assert found.manifest.repo == "somebody/some-model"
    assert found.parameters == 450 * 1024


@pytest.mark.parametrize("content", [None, b"<html>"])
def test_nothing_and_broken_weights_are_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError):
        describe(tmp_path)
    with pytest.raises(CheckpointError, match="does not exist"):
        describe(tmp_path / "nowhere")


def _file(shapes: dict[str, tuple[str, list[int]]]) -> bytes:
    sizes = {"F16": 2, "F8_E4M3": 1, "F32": 4}
    rows, at = {}, 0
    for name, (dtype, shape) in shapes.items():
        count = sizes[dtype]
        for length in shape:
            count *= length
        rows[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + count]}
        at += count
    header = json.dumps(rows).encode()
    return struct.pack("<Q", len(header)) + header + bytes(at)

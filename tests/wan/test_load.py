from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from wan.errors import Cancelled, CheckpointError, RequestError
from wan.families import Family
from wan.load import find_device, fitted, load_pipeline
from wan.pipeline import Pipeline
from wan.placement import Placement
from wan.request import ClipRequest, Numerics
from wan.validate import find_variant
from wan.weights.checkpoint import Checkpoint


def test_bf16_keeps_the_layers_that_need_it_in_fp32(family: Family, text_request: ClipRequest, t2v: Pipeline) -> None:
    half = load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b"), device="cpu", numerics=Numerics("bf16"))
    model = half.parts.parts["transformer_2"].model
    assert model.blocks[0].attn1.to_q.weight.dtype == torch.bfloat16
    assert model.blocks[0].scale_shift_table.dtype == torch.float32
    assert next(half.parts.parts["vae"].model.parameters()).dtype == torch.float32
    state = half.advance(half.encode(text_request))
    assert state.latents.dtype == torch.float32
    exact = t2v.advance(t2v.encode(text_request)).latents
    assert 0 < float((state.latents - exact).abs().mean()) < 0.1


def test_weights_in_half_precision_on_disk_are_loaded_as_asked(family: Family, tmp_path: Path) -> None:
    import shutil

    from diffusers import WanTransformer3DModel

    assert family.root is not None
    root = Path(shutil.copytree(family.root, tmp_path / "half"))
    for part in ("transformer", "transformer_2"):
        folder = root / "t2v-a14b" / part
        model = WanTransformer3DModel.from_pretrained(folder, torch_dtype=torch.float16)
        model.half().save_pretrained(folder, max_shard_size="40KB")  # in shards, too
    assert len(list((root / "t2v-a14b" / "transformer").glob("*.safetensors"))) > 1
    pipeline = load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b", root), device="cpu")
    assert {tensor.dtype for tensor in pipeline.parts.parts["transformer"].model.parameters()} == {torch.float32}


def test_sizes_are_multiples_of_the_checkpoints_own_patches(family: Family, tmp_path: Path) -> None:
    import json
    import shutil

    assert family.root is not None
    root = Path(shutil.copytree(family.root, tmp_path / "fine"))
    published = find_variant("t2v-a14b")
    assert fitted(published, Checkpoint.open(family, "t2v-a14b", root)) == published
    file = root / "t2v-a14b" / "transformer" / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"patch_size": [1, 1, 1]}))
    assert fitted(published, Checkpoint.open(family, "t2v-a14b", root)).size_multiple == 8


def test_another_attention_backend_gives_nearly_the_same_picture(
    family: Family, t2v: Pipeline, text_request: ClipRequest
) -> None:
    from diffusers.models.attention_dispatch import _AttentionBackendRegistry

    before = _AttentionBackendRegistry._active_backend
    try:
        numerics = Numerics(attention="_native_math")
        other = load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b"), device="cpu", numerics=numerics)
        found = other.decode(other.advance(other.encode(text_request))).astype(int)
    finally:
        _AttentionBackendRegistry.set_active_backend(before)
    wanted = t2v.decode(t2v.advance(t2v.encode(text_request))).astype(int)
    assert np.abs(found - wanted).max() <= 1


def test_an_unknown_attention_backend_is_answered_with_the_known_ones(family: Family) -> None:
    with pytest.raises(RequestError, match=r"there is no 'quick'; there are auto, sdpa, .*native"):
        load_pipeline(
            "t2v-a14b", Checkpoint.open(family, "t2v-a14b"), device="cpu", numerics=Numerics(attention="quick")
        )


def test_a_kernel_that_cannot_be_had_here_is_found_before_weights_are_read(family: Family, tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(family, "t2v-a14b")
    gone = replace(checkpoint, components=dict.fromkeys(checkpoint.components, tmp_path))
    (tmp_path / "config.json").write_text("{}")
    for name, needs in (("_native_cudnn", "a GPU"), ("_native_npu", "the package torch_npu")):
        with pytest.raises(RequestError, match=f"attention: {name} needs {needs}, which is not here"):
            load_pipeline("t2v-a14b", gone, device="cpu", numerics=Numerics(attention=name))


def test_a_checkpoint_of_another_variant_is_refused(family: Family) -> None:
    with pytest.raises(RequestError, match="one of i2v-a14b, not of t2v-a14b"):
        load_pipeline("t2v-a14b", Checkpoint.open(family, "i2v-a14b"))


def test_damaged_weights_name_the_checkpoint(family: Family, tmp_path: Path) -> None:
    import shutil

    assert family.root is not None
    root = Path(shutil.copytree(family.root, tmp_path / "damaged"))
    weights = root / "t2v-a14b" / "transformer" / "diffusion_pytorch_model.safetensors"
    checkpoint = Checkpoint.open(family, "t2v-a14b", root)
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="t2v-a14b cannot be loaded"):
        load_pipeline("t2v-a14b", checkpoint, device="cpu")


@pytest.mark.parametrize("name", ["tpu", "mps", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_here_is_a_clear_error(name: str) -> None:
    with pytest.raises(RequestError, match=r"device: "):
        find_device(name)


def test_a_precision_or_placement_there_is_none_of_is_answered_with_those_there_are(family: Family) -> None:
    checkpoint = Checkpoint.open(family, "t2v-a14b")
    wrong = replace(Numerics(), precision="int4")  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="there is no 'int4'; there are reference, fp32, bf16, fp8_storage, fp8"):
        load_pipeline("t2v-a14b", checkpoint, numerics=wrong)
    with pytest.raises(RequestError, match="there is no 'attic'; there are resident, expert_swap, offload, low_vram"):
        load_pipeline("t2v-a14b", checkpoint, placement="attic")  # type: ignore[arg-type]


def test_eight_bit_products_need_a_gpu_that_has_them(family: Family) -> None:
    with pytest.raises(RequestError, match=r"Hopper GPU or a later one \(this is cpu\); fp8_storage"):
        load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b"), device="cpu", numerics=Numerics("fp8"))


@pytest.mark.parametrize("placement", ["resident", "expert_swap", "offload", "low_vram"])
def test_loading_is_stopped_between_two_weights(family: Family, placement: Placement) -> None:
    checkpoint, asked = Checkpoint.open(family, "t2v-a14b"), []
    load_pipeline("t2v-a14b", checkpoint, device="cpu", placement=placement, should_stop=lambda: bool(asked.append(1)))
    looks = len(asked)
    assert looks > 100, "each weight of each model"
    for number in (1, looks // 2, looks):
        asked.clear()
        with pytest.raises(Cancelled):
            load_pipeline(
                "t2v-a14b",
                checkpoint,
                device="cpu",
                placement=placement,
                should_stop=lambda number=number: bool(asked.append(1)) or len(asked) == number,
            )
        assert len(asked) == number

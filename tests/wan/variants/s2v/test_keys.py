"""Published weights find their place."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.errors import CheckpointError
from wan.lora.keys import find_place, split_key
from wan.variants.s2v.keys import s2v_config, s2v_key
from wan.variants.s2v.transformer import WanS2VTransformer3DModel

RELEASED: dict[str, Any] = {
    "_class_name": "WanModel_S2V",
    "adain_mode": "attn_norm",
    "add_last_motion": True,
    "audio_dim": 1024,
    "audio_inject_layers": [0, 4, 8, 12, 16, 20, 24, 27, 30, 33, 36, 39],
    "cond_dim": 16,
    "dim": 5120,
    "enable_adain": True,
    "enable_framepack": True,
    "enable_motioner": False,
    "ffn_dim": 13824,
    "freq_dim": 256,
    "in_dim": 16,
    "num_audio_token": 4,
    "num_heads": 40,
    "num_layers": 40,
    "out_dim": 16,
    "zero_timestep": True,
}


def test_the_released_configuration_is_the_classs_own_and_has_the_released_size() -> None:
    with torch.device("meta"):
        model = WanS2VTransformer3DModel(**s2v_config(RELEASED))
        default = WanS2VTransformer3DModel()
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    assert shapes == {name: value.shape for name, value in default.state_dict().items()}
    assert len(shapes) == 1260
    assert sum(value.numel() for value in model.parameters()) == 16_295_755_609


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("casual_audio_encoder.encoder.conv1_local.conv.weight", "condition_embedder.causal_audio_encoder.encoder"),
        ("cond_encoder.bias", "condition_embedder.pose_embedder.bias"),
        ("audio_injector.injector.3.o.weight", "audio_injector.injector.3.to_out.0.weight"),
        ("blocks.7.norm3.weight", "blocks.7.norm2.weight"),
        ("time_projection.1.bias", "condition_embedder.time_proj.bias"),
    ],
)
def test_the_references_keys_find_their_place(key: str, wanted: str) -> None:
    assert s2v_key(key).startswith(wanted)


def test_a_key_of_another_model_is_refused() -> None:
    with pytest.raises(CheckpointError, match="face_adapter"):
        s2v_key("face_adapter.fuser_blocks.0.linear1_kv.weight")


@pytest.mark.parametrize(
    ("name", "value"), [("enable_motioner", True), ("adain_mode", "attn"), ("zero_timestep", False)]
)
def test_another_kind_of_s2v_is_refused(name: str, value: Any) -> None:
    with pytest.raises(CheckpointError, match=name):
        s2v_config({**RELEASED, name: value})


def test_a_configuration_without_its_widths_is_refused() -> None:
    with pytest.raises(CheckpointError, match="ffn_dim is missing"):
        s2v_config({name: value for name, value in RELEASED.items() if name != "ffn_dim"})


def test_loras_may_name_the_layers_through_which_sound_enters() -> None:
    places = {"audio_injector.injector.3.to_q", "blocks.0.attn1.to_q"}
    for layer, place in (
        ("audio_injector.injector.3.q", "audio_injector.injector.3.to_q"),
        ("audio_injector.injector.3.to_q", "audio_injector.injector.3.to_q"),
        ("blocks.0.self_attn.q", "blocks.0.attn1.to_q"),
    ):
        key = split_key(f"diffusion_model.{layer}.lora_down.weight")
        assert key is not None
        assert find_place(key, places) == place

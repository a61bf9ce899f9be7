"""How LoRA files of every trainer name things: layers, experts, schemes."""

from __future__ import annotations

import pytest

from wan.lora.keys import OTHER_KINDS, expert_of, find_place, split_key

PLACES = {"blocks.0.attn1.to_out.0", "blocks.0.attn2.to_k", "blocks.0.norm2", "blocks.0", "blocks.0.scale_shift_table"}


@pytest.mark.parametrize(
    ("key", "place", "role", "side", "scheme"),
    [
        ("transformer.blocks.0.attn1.to_out.0.lora_A.weight", "blocks.0.attn1.to_out.0", "down", "first", "PEFT"),
        ("transformer_2.blocks.0.attn1.to_out.0.lora_B.weight", "blocks.0.attn1.to_out.0", "up", "low", "PEFT"),
        (
            "base_model.model.blocks.0.self_attn.o.lora_A.default.weight",
            "blocks.0.attn1.to_out.0",
            "down",
            None,
            "PEFT",
        ),
        ("blocks.0.cross_attn.k.lora_A.my_style.weight", "blocks.0.attn2.to_k", "down", None, "PEFT"),
        ("diffusion_model.blocks.0.self_attn.o.lora_down.weight", "blocks.0.attn1.to_out.0", "down", None, "kohya"),
        ("lora_unet_blocks_0_self_attn_o.lora_up.weight", "blocks.0.attn1.to_out.0", "up", None, "kohya"),
        ("lora_transformer_blocks_0_attn1_to_out_0.alpha", "blocks.0.attn1.to_out.0", "alpha", "first", "kohya"),
        ("lora_transformer_2_blocks_0_attn2_to_k.alpha", "blocks.0.attn2.to_k", "alpha", "low", "kohya"),
        ("lycoris_blocks_0_attn1_to_out_0.lora_down.weight", "blocks.0.attn1.to_out.0", "down", None, "LyCORIS"),
        ("lora_unet_blocks_0_norm3.w_norm", "blocks.0.norm2", "diff", None, "kohya"),
        ("blocks.0.norm3.b_norm", "blocks.0.norm2", "bias", None, "LyCORIS"),
        ("pipe.dit.blocks.0.cross_attn.k.lora_A.default.weight", "blocks.0.attn2.to_k", "down", "first", "DiffSynth"),
        ("pipe.dit2.blocks.0.cross_attn.k.lora_B.default.weight", "blocks.0.attn2.to_k", "up", "low", "DiffSynth"),
        ("high_noise_model.blocks.0.cross_attn.k.lora.up.weight", "blocks.0.attn2.to_k", "up", "high", "diffusers"),
        ("low_noise.diffusion_model.blocks.0.cross_attn.k.lora_up.weight", "blocks.0.attn2.to_k", "up", "low", "kohya"),
        ("diffusion_model.blocks.0.diff_m", "blocks.0.scale_shift_table", "modulation", None, "differences"),
    ],
)
def test_every_scheme_names_its_layer_and_expert(
    key: str, place: str, role: str, side: str | None, scheme: str
) -> None:
    found = split_key(key)
    assert found is not None
    assert (found.role, found.side, found.scheme) == (role, side, scheme)
    assert find_place(found, PLACES) == place


def test_the_name_of_an_adapter_is_told() -> None:
    found = [split_key(f"blocks.0.attn1.to_q.lora_A{name}.weight") for name in ("", ".default", ".my_style")]
    assert [key.adapter for key in found if key] == [None, None, "my_style"]


@pytest.mark.parametrize(
    "key", ["blocks.0.attn1.to_q.weight", "alpha", "blocks.0.to_q.lora_C.weight", ".lora_A.weight"]
)
def test_other_weights_are_no_lora(key: str) -> None:
    assert split_key(key) is None


@pytest.mark.parametrize(
    ("sides", "experts"),
    [
        ({None}, {None: None}),
        ({"first"}, {"first": None}),
        ({"low"}, {"low": "low"}),
        ({"high"}, {"high": "high"}),
        ({"first", "low"}, {"first": "high", "low": "low"}),
        ({"high", "low"}, {"high": "high", "low": "low"}),
    ],
)
def test_a_first_transformer_is_the_high_noise_expert_where_there_is_a_second(
    sides: set[str | None], experts: dict[str | None, str | None]
) -> None:
    assert expert_of(sides) == experts


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("blocks.0.attn1.to_q.dora_scale", "is a DoRA"),
        ("blocks.0.attn1.to_q.lora_magnitude_vector.default.weight", "is a DoRA"),
        ("lora_unet_blocks_0_self_attn_q.lokr_w1_a", "is a LoKr"),
        ("lycoris_blocks_0_self_attn_q.hada_w1_a", "is a LoHa"),
        ("blocks.0.attn1.to_q.oft_R.default.weight", "is an OFT"),
        ("lycoris_blocks_0_self_attn_q.oft_blocks", "is an OFT"),
        ("lora_unet_patch_embedding.lora_mid.weight", "is a LoCon in Tucker's form (lora_mid)"),
        ("lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", "also changes the text encoder"),
        ("text_encoder.layers.0.lora_A.weight", "also changes the text encoder"),
    ],
)
def test_what_is_none_is_known_by_its_name(key: str, kind: str) -> None:
    assert [name for sign, name in OTHER_KINDS if sign.search(key)] == [kind]

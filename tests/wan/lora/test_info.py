"""`models info` on LoRAs: what they are, of which rank, for which expert and which models."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wan.lora.test_file import write
from wan.hub.info import describe
from wan.lora.info import look_at_lora


def pair(
    layer: str, width: int, rank: int, names: tuple[str, str] = ("lora_A", "lora_B")
) -> dict[str, tuple[int, ...]]:
    return {f"{layer}.{names[0]}.weight": (rank, width), f"{layer}.{names[1]}.weight": (width, rank)}


def test_one_of_the_tiny_family_fits_its_checkpoints(tmp_path: Path) -> None:
    layers = pair("lycoris_blocks_0_attn1_to_q", 160, 4, ("lora_down", "lora_up"))
    found = describe(write(tmp_path, layers | pair("lycoris_blocks_1_attn1_to_q", 160, 8, ("lora_down", "lora_up"))))
    assert (found.layout, found.variant) == ("lora", None)
    assert found.lora is not None
    assert (found.lora.schemes, found.lora.ranks, found.lora.width) == (("LyCORIS",), (4, 8), 160)
    assert {"t2v-a14b (tiny)", "i2v-a14b (tiny)"} <= set(found.lora.fits)


@pytest.mark.parametrize(
    ("layer", "width", "variants", "experts"),
    [
        ("transformer_2.blocks.0.attn1.to_q", 3072, ("ti2v-5b",), ("low",)),
        ("diffusion_model.blocks.0.self_attn.q", 5120, ("t2v-a14b", "i2v-a14b", "s2v-14b"), ()),
        ("diffusion_model.vace_blocks.0.self_attn.q", 5120, ("vace-fun-a14b",), ()),
        ("diffusion_model.blocks.0.self_attn.q", 1536, (), ()),
    ],
)
def test_published_models_are_known_by_their_width_and_layers(
    tmp_path: Path, layer: str, width: int, variants: tuple[str, ...], experts: tuple[str, ...]
) -> None:
    found = look_at_lora(write(tmp_path, pair(layer, width, 1)))
    assert found is not None
    assert found.variants[:3] == variants
    assert found.experts == experts
    assert found.model is not None


def test_what_cannot_be_used_is_a_lora_all_the_same(tmp_path: Path) -> None:
    found = look_at_lora(write(tmp_path, {"blocks.0.attn1.to_q.lokr_w1": (2, 2)}))
    assert found is not None
    assert "is a LoKr, and cannot be used" in str(found.problem)


def test_other_weights_are_none(tmp_path: Path) -> None:
    assert look_at_lora(write(tmp_path, {"decoder.conv.weight": (2, 2), "decoder.alpha": (2,), "x.bias": (1,)})) is None

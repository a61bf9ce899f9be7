from __future__ import annotations

from typing import Any

import pytest

from wan.convert import text_encoder_key, transformer_key, vae_key
from wan.errors import CheckpointError


@pytest.mark.parametrize("translate", [text_encoder_key, transformer_key, vae_key])
def test_a_strange_key_is_an_error_that_names_it(translate: Any) -> None:
    with pytest.raises(CheckpointError, match=r"optimizer\.step"):
        translate("optimizer.step")


def test_the_norm_before_cross_attention_changes_its_number() -> None:
    assert transformer_key("blocks.7.norm3.weight") == "blocks.7.norm2.weight"


def test_decoder_layers_are_counted_level_by_level() -> None:
    assert vae_key("decoder.upsamples.4.shortcut.bias") == "decoder.up_blocks.1.resnets.0.conv_shortcut.bias"
    assert vae_key("decoder.upsamples.7.time_conv.bias") == "decoder.up_blocks.1.upsamplers.0.time_conv.bias"
    assert vae_key("decoder.upsamples.2.residual.3.gamma", 1) == "decoder.up_blocks.0.upsamplers.0.norm2.gamma"


@pytest.mark.parity
def test_every_weight_of_the_reference_has_its_place(parity: Any) -> None:
    data = parity["moe_i2v"]
    parity.vae()  # loading is strict: no key missing, none too many
    parity.transformer(data.config["model"], data.weights("weights_high"))

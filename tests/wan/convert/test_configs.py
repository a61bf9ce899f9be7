"""A configuration is read off the shapes of the weights; what they cannot say is asked for."""

from __future__ import annotations

import pytest

from tests.wan.convert.named import FFN_DIM
from tests.wan.convert.shapes import infos, transformer_infos
from wan.convert.configs import count, shape, transformer_config, vae21_config
from wan.errors import CheckpointError


def test_sizes_of_a_transformer_are_those_of_its_weights() -> None:
    config = transformer_config(transformer_infos(channels=36, layers=3), {})
    sizes = {"in_channels": 36, "out_channels": 16, "num_layers": 3, "ffn_dim": FFN_DIM, "num_attention_heads": 1}
    assert sizes.items() <= config.items()
    assert config["patch_size"] == [1, 2, 2]


def test_the_references_own_configuration_says_the_heads() -> None:
    config = transformer_config(transformer_infos(), {"num_heads": 4})
    assert (config["num_attention_heads"], config["attention_head_dim"]) == (4, 32)
    with pytest.raises(CheckpointError, match="num_heads is 3, which does not divide the 128 channels"):
        transformer_config(transformer_infos(), {"num_heads": 3})


def test_an_autoencoder_of_other_latents_is_none_of_wan_22() -> None:
    strange = infos({"encoder.conv1.weight": (96, 3), "encoder.head.0.gamma": (384,), "conv2.weight": (8, 8)})
    with pytest.raises(CheckpointError, match=r"8 latent channels is not one of WAN 2\.2"):
        vae21_config(strange, {})


def test_a_weight_that_is_not_there_is_named() -> None:
    with pytest.raises(CheckpointError, match=r"head\.weight is missing among the weights"):
        shape({}, "head.weight")


def test_numbers_among_the_names_are_counted_once_each() -> None:
    names = infos({"blocks.0.a": (1,), "blocks.0.b": (1,), "blocks.7.a": (1,), "head": (1,)})
    assert count(names, r"blocks\.(\d+)\..+") == 2

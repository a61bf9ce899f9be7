"""VACE's configuration: which layers control is added to."""

from __future__ import annotations

from tests.wan.convert.shapes import infos, transformer_infos
from wan.variants.vace.conversion import vace_config

OWN = infos({f"vace_blocks.{block}.after_proj.weight": (1, 1) for block in range(2)})
GIVEN = transformer_infos(layers=10) | OWN | infos({"vace_patch_embedding.weight": (128, 96, 1, 2, 2)})


def test_control_is_added_to_layers_that_are_spread_evenly() -> None:
    config = vace_config(GIVEN, {})
    assert (config["vace_layers"], config["vace_in_channels"]) == ([0, 5], 96)


def test_the_publishers_own_configuration_says_which() -> None:
    assert vace_config(GIVEN, {"vace_layers": [0, 3]})["vace_layers"] == [0, 3]

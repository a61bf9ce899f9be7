"""VACE from its publisher's layout: control in every few layers, read off the shapes of the weights. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wan.convert.configs import Config, Tensors, count, shape, transformer_config
from wan.convert.conversion import Conversion
from wan.convert.targets import renamed
from wan.variants.vace.keys import vace_key


def vace_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """Of `WanVACETransformer3DModel`. The released ones add control to every fifth layer."""
    config = transformer_config(tensors, stated)
    layers, own = config["num_layers"], count(tensors, r"vace_blocks\.(\d+)\..+")
    return config | {
        "vace_layers": list(stated.get("vace_layers") or range(0, layers, -(-layers // own)))[:own],
        "vace_in_channels": shape(tensors, "vace_patch_embedding.weight")[1],
    }


CONVERSION = Conversion(renamed(vace_key), vace_config, ("vace_patch_embedding.weight",))

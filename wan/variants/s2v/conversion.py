"""S2V from the reference's layout, which has a configuration in words of its own. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wan.convert.configs import Config, Tensors, shape, transformer_config
from wan.convert.conversion import Conversion
from wan.convert.targets import renamed
from wan.variants.s2v.keys import s2v_config, s2v_key

RELEASED_INJECTIONS = (0, 4, 8, 12, 16, 20, 24, 27, 30, 33, 36, 39)
"""The layers of S2V-14B after which sound enters."""


def speech_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """Of `WanS2VTransformer3DModel`. Single files lack the configuration: then it is the released one."""
    config, encoder = transformer_config(tensors, stated), "casual_audio_encoder"
    read = {
        "dim": shape(tensors, "patch_embedding.weight")[0],
        "in_dim": config["in_channels"],
        "out_dim": config["out_channels"],
        "num_heads": config["num_attention_heads"],
        "num_audio_token": 4,
        "audio_inject_layers": RELEASED_INJECTIONS,
        "audio_dim": shape(tensors, f"{encoder}.encoder.conv1_local.conv.weight")[1],
        "cond_dim": shape(tensors, "cond_encoder.weight")[1],
        **{name: config[name] for name in ("text_dim", "freq_dim", "ffn_dim", "num_layers")},
    }
    return s2v_config({**read, **stated}) | {"num_audio_layers": shape(tensors, f"{encoder}.weights")[1]}


CONVERSION = Conversion(renamed(s2v_key), speech_config, ("casual_audio_encoder.weights",))

"""The published layouts of S2V-14B's transformer, both with the reference's keys, in `WanS2VTransformer3DModel`.

`Wan-AI/Wan2.2-S2V-14B` keeps the shards at the root of the repository, `FastVideo/Wan2.2-S2V-14B-Diffusers` the same
shards, keys unchanged, under `transformer/`; both have a `config.json` in the reference's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wan.convert.keys import transformer_key
from wan.errors import CheckpointError

_OWN = (
    (r"cond_encoder\.(.+)", r"condition_embedder.pose_embedder.\1"),
    (r"trainable_cond_mask\.(.+)", r"trainable_condition_mask.\1"),
    (r"casual_audio_encoder\.(.+)", r"condition_embedder.causal_audio_encoder.\1"),  # sic
    (r"(frame_packer\..+)", r"\1"),
    (r"(audio_injector\.injector_adain_layers\..+)", r"\1"),
    (r"(audio_injector\.injector\.\d+\.norm_[qk]\..+)", r"\1"),
    (r"(audio_injector\.injector\.\d+)\.([qkv])\.(.+)", r"\1.to_\2.\3"),
    (r"(audio_injector\.injector\.\d+)\.o\.(.+)", r"\1.to_out.0.\2"),
)

# What the class has built in; a checkpoint that wants otherwise is another model.
_FIXED: Mapping[str, Any] = {
    "enable_adain": True,
    "adain_mode": "attn_norm",
    "zero_timestep": True,
    "enable_motioner": False,
    "enable_tsm": False,
    "enable_framepack": True,
    "add_last_motion": True,
}


def s2v_key(key: str) -> str:
    """A key of the reference's S2V transformer in `WanS2VTransformer3DModel`. Raises `CheckpointError`."""
    for pattern, replacement in _OWN:
        match = re.fullmatch(pattern, key)
        if match is not None:
            return match.expand(replacement)
    return transformer_key(key)


def published_key(key: str) -> str:
    """As `s2v_key`; a key that is `WanS2VTransformer3DModel`'s own already stays."""
    try:
        return s2v_key(key)
    except CheckpointError:
        return key


def speech_key(key: str) -> str:
    """A key of the published wav2vec 2.0 weights in transformers' class, which has weight norm under another name."""
    for old, new in (("weight_g", "original0"), ("weight_v", "original1")):
        if key.endswith(f"pos_conv_embed.conv.{old}"):
            return f"{key.removesuffix(old)}parametrizations.weight.{new}"
    return key


def s2v_config(reference: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `WanS2VTransformer3DModel` from the reference's `config.json`.

    Raises `CheckpointError` for a model this class is not.
    """
    for name, wanted in _FIXED.items():
        if reference.get(name, wanted) != wanted:
            raise CheckpointError(f"config.json: {name} is {reference[name]}; S2V-14B has {wanted}")
    try:
        heads = int(reference["num_heads"])
        return {
            "num_attention_heads": heads,
            "attention_head_dim": int(reference["dim"]) // heads,
            "in_channels": reference["in_dim"],
            "out_channels": reference["out_dim"],
            "text_dim": reference.get("text_dim", 4096),
            "freq_dim": reference["freq_dim"],
            "ffn_dim": reference["ffn_dim"],
            "num_layers": reference["num_layers"],
            "eps": reference.get("eps", 1e-6),
            "audio_dim": reference["audio_dim"],
            "num_audio_tokens": reference["num_audio_token"],
            "audio_inject_layers": tuple(reference["audio_inject_layers"]),
            "pose_channels": reference["cond_dim"],
        }
    except KeyError as error:
        raise CheckpointError(f"config.json: {error.args[0]} is missing") from error

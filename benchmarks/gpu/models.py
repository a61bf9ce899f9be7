"""The models of the released variants with random weights, made on the device they run on, and small copies of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from wan.convert.released import VAE21_MEAN, VAE21_STD, VAE22_MEAN, VAE22_STD

_WAN = "diffusers:WanTransformer3DModel"
_SMALL = {"num_attention_heads": 2, "attention_head_dim": 24, "ffn_dim": 64, "num_layers": 4, "text_dim": 32}

TRANSFORMERS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "t2v-a14b": (_WAN, {"in_channels": 16}, {"in_channels": 16, **_SMALL}),
    "i2v-a14b": (_WAN, {"in_channels": 36}, {"in_channels": 36, **_SMALL}),
    "ti2v-5b": (
        _WAN,
        {"in_channels": 48, "out_channels": 48, "num_attention_heads": 24, "ffn_dim": 14336, "num_layers": 30},
        {"in_channels": 48, "out_channels": 48, **_SMALL},
    ),
    "s2v-14b": (
        "wan.variants.s2v.transformer:WanS2VTransformer3DModel",
        {},
        {**_SMALL, "audio_inject_layers": (0, 2), "audio_dim": 32, "num_audio_layers": 3},
    ),
    "animate-14b": (
        "diffusers:WanAnimateTransformer3DModel",
        {"added_kv_proj_dim": 5120},
        {
            **_SMALL,
            "inject_face_latents_blocks": 2,
            "image_dim": 32,
            "added_kv_proj_dim": 48,
            "face_encoder_hidden_dim": 64,
        },
    ),
    "vace-fun-a14b": ("diffusers:WanVACETransformer3DModel", {}, {**_SMALL, "vace_layers": [0, 2]}),
}
"""Variant → class, configuration of the released model, and what makes it small."""

VAE21 = {"latents_mean": list(VAE21_MEAN), "latents_std": list(VAE21_STD)}
VAE22 = {
    "base_dim": 160,
    "decoder_base_dim": 256,
    "z_dim": 48,
    "is_residual": True,
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_spatial": 16,
    "latents_mean": list(VAE22_MEAN),
    "latents_std": list(VAE22_STD),
    "temperal_downsample": [False, True, True],
}
UMT5_XXL = {
    "vocab_size": 256384,
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 10240,
    "num_layers": 24,
    "num_heads": 64,
    "feed_forward_proj": "gated-gelu",
}


def transformer_class(variant: str) -> type[Any]:
    import importlib

    module, _, name = TRANSFORMERS[variant][0].partition(":")
    found: type[Any] = getattr(importlib.import_module(module), name)
    return found


def make_transformer(
    variant: str, device: torch.device, *, toy: bool, dtype: torch.dtype = torch.bfloat16, layers: int | None = None
) -> Any:
    """With random weights of type `dtype`, made on the device; `layers` blocks of full width instead of all."""
    _, full, small = TRANSFORMERS[variant]
    config = dict(small if toy else full) | ({"num_layers": layers} if layers else {})
    return make(transformer_class(variant), config, device, dtype)


def make(kind: type[Any], config: Mapping[str, Any], device: torch.device, dtype: torch.dtype) -> Any:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            torch.manual_seed(0)
            model = kind(**config)
    finally:
        torch.set_default_dtype(before)
    return model.eval().requires_grad_(False)


def make_vae(kind: str, device: torch.device, *, toy: bool, dtype: torch.dtype = torch.float32) -> Any:
    from diffusers import AutoencoderKLWan

    config: dict[str, Any] = dict(VAE22 if kind == "2.2" else VAE21)
    if toy:
        config |= {"base_dim": 4, "dim_mult": [1, 2, 2, 2], "num_res_blocks": 1}
        config |= {"decoder_base_dim": 8} if kind == "2.2" else {}
    return make(AutoencoderKLWan, config, device, dtype)


def make_text_encoder(device: torch.device, *, toy: bool, layers: int | None = None) -> Any:
    from transformers import UMT5Config, UMT5EncoderModel

    small = {"vocab_size": 32, "d_model": 32, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 4}
    fewer = {"num_layers": layers} if layers else {}
    config = UMT5Config(**(UMT5_XXL | (small if toy else {}) | fewer))
    return make(lambda **_: UMT5EncoderModel(config), {}, device, torch.bfloat16)  # type: ignore[arg-type]

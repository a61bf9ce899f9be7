"""`config.json` of a converted model, read off the shapes of its weights. No torch.

What shapes cannot say (how many heads a projection has) comes from the reference's own `config.json` where there is
one, else from the released models: their heads are 128 channels wide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import Any, TypeAlias

from wan.convert.released import (
    CLIP_HEAD_DIM,
    HEAD_DIM,
    VAE21_MEAN,
    VAE21_STD,
    VAE22_MEAN,
    VAE22_STD,
)
from wan.errors import CheckpointError
from wan.weights.headers import TensorInfo

Tensors: TypeAlias = Mapping[str, TensorInfo]
Config: TypeAlias = dict[str, Any]


def transformer_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """T2V, I2V, TI2V: of `WanTransformer3DModel`. `stated` is the reference's own configuration, possibly empty."""
    patch = shape(tensors, "patch_embedding.weight")
    heads = _heads(patch[0], HEAD_DIM, stated, "num_heads", "the transformer")
    return {
        "patch_size": list(patch[2:]),
        "num_attention_heads": heads,
        "attention_head_dim": patch[0] // heads,
        "in_channels": patch[1],
        "out_channels": shape(tensors, "head.head.weight")[0] // prod(patch[2:]),
        "text_dim": shape(tensors, "text_embedding.0.weight")[1],
        "freq_dim": shape(tensors, "time_embedding.0.weight")[1],
        "ffn_dim": shape(tensors, "blocks.0.ffn.0.weight")[0],
        "num_layers": count(tensors, r"blocks\.(\d+)\..+"),
        "cross_attn_norm": "blocks.0.norm3.weight" in tensors,
        "qk_norm": "rms_norm_across_heads",
        "eps": 1e-6,
        "image_dim": None,
        "added_kv_proj_dim": None,
        "rope_max_seq_len": 1024,
        "pos_embed_seq_len": None,
    }


def text_encoder_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """Of transformers' `UMT5EncoderModel`; every layer has position biases of its own."""
    buckets, heads = shape(tensors, "blocks.0.pos_embedding.embedding.weight")
    vocabulary, width = shape(tensors, "token_embedding.weight")
    return _umt5(
        vocabulary,
        width,
        shape(tensors, "blocks.0.attn.q.weight")[0] // heads,
        shape(tensors, "blocks.0.ffn.fc1.weight")[0],
        count(tensors, r"blocks\.(\d+)\..+"),
        heads,
        buckets,
    )


def repacked_text_encoder_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """The same, of weights that already have transformers' names (ComfyUI's single files)."""
    layer = "encoder.block.0.layer.0.SelfAttention"
    buckets, heads = shape(tensors, f"{layer}.relative_attention_bias.weight")
    vocabulary, width = shape(tensors, "shared.weight")
    return _umt5(
        vocabulary,
        width,
        shape(tensors, f"{layer}.q.weight")[0] // heads,
        shape(tensors, "encoder.block.0.layer.1.DenseReluDense.wi_0.weight")[0],
        count(tensors, r"encoder\.block\.(\d+)\..+"),
        heads,
        buckets,
    )


def _umt5(vocabulary: int, width: int, head: int, inner: int, layers: int, heads: int, buckets: int) -> Config:
    return {
        "model_type": "umt5",
        "vocab_size": vocabulary,
        "d_model": width,
        "d_kv": head,
        "d_ff": inner,
        "num_layers": layers,
        "num_decoder_layers": layers,
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
        "relative_attention_max_distance": 128,
        "feed_forward_proj": "gated-gelu",
        "layer_norm_epsilon": 1e-6,
        "dropout_rate": 0.1,
        "tie_word_embeddings": True,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "decoder_start_token_id": 0,
    }


def vae21_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """Of `AutoencoderKLWan`, the 2.1 kind: 16 latent channels, 8 × 8 pixels each."""
    base, top = shape(tensors, "encoder.conv1.weight")[0], shape(tensors, "encoder.head.0.gamma")[0]
    return _vae(base, shape(tensors, "conv2.weight")[0], VAE21_MEAN, VAE21_STD) | {
        "dim_mult": [1, 2, top // base, top // base]
    }


def vae22_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """Of `AutoencoderKLWan`, the 2.2 kind: 48 latent channels, 16 × 16 pixels each, residual levels."""
    base = shape(tensors, "encoder.conv1.weight")
    top = shape(tensors, "encoder.head.0.gamma")[0]
    return _vae(base[0], shape(tensors, "conv2.weight")[0], VAE22_MEAN, VAE22_STD) | {
        "decoder_base_dim": shape(tensors, "decoder.head.0.gamma")[0],
        "dim_mult": [1, 2, top // base[0], top // base[0]],
        "is_residual": True,
        "in_channels": base[1],
        "out_channels": shape(tensors, "decoder.head.2.weight")[0],
        "patch_size": 2,
        "scale_factor_temporal": 4,
        "scale_factor_spatial": 16,
    }


def _vae(base: int, channels: int, mean: tuple[float, ...], std: tuple[float, ...]) -> Config:
    if channels != len(mean):
        raise CheckpointError(f"an autoencoder of {channels} latent channels is not one of WAN 2.2 (16 or 48)")
    return {
        "base_dim": base,
        "z_dim": channels,
        "num_res_blocks": 2,
        "attn_scales": [],
        "temperal_downsample": [False, True, True],
        "dropout": 0.0,
        "latents_mean": list(mean),
        "latents_std": list(std),
    }


def clip_vision_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """Of transformers' `CLIPVisionModel`: the picture half of CLIP ViT-H/14."""
    patch = shape(tensors, "visual.patch_embedding.weight")
    cells = shape(tensors, "visual.pos_embedding")[1] - 1
    return {
        "model_type": "clip_vision_model",
        "hidden_size": patch[0],
        "intermediate_size": shape(tensors, "visual.transformer.0.mlp.0.weight")[0],
        "num_hidden_layers": count(tensors, r"visual\.transformer\.(\d+)\..+"),
        "num_attention_heads": _heads(patch[0], CLIP_HEAD_DIM, stated, "vision_heads", "CLIP"),
        "image_size": round(cells**0.5) * patch[2],
        "patch_size": patch[2],
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-5,
        "projection_dim": shape(tensors, "visual.head")[1] if "visual.head" in tensors else patch[0],
    }


def count(tensors: Tensors, pattern: str) -> int:
    """How many different numbers the group of `pattern` takes among the names."""
    matches = (re.fullmatch(pattern, name) for name in tensors)
    return len({match[1] for match in matches if match is not None})


def shape(tensors: Tensors, name: str) -> tuple[int, ...]:
    """That of one weight. Raises `CheckpointError` when it is not there."""
    if name not in tensors:
        raise CheckpointError(f"{name} is missing among the weights: the checkpoint is incomplete, or of another kind")
    return tensors[name].shape


def _heads(width: int, head: int, stated: Mapping[str, Any], key: str, what: str) -> int:
    """As many as the configuration beside the weights says under `key`, else one for every `head` channels."""
    heads = stated.get(key)
    if heads is None:
        if width % head:
            raise CheckpointError(
                f"{what} is {width} channels wide, which is no multiple of {head}: put a config.json that says {key} "
                "beside its weights"
            )
        return width // head
    if not isinstance(heads, int) or isinstance(heads, bool) or heads < 1 or width % heads:
        raise CheckpointError(f"config.json: {key} is {heads!r}, which does not divide the {width} channels of {what}")
    return heads

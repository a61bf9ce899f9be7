"""A small transformer's weights under the reference's names, where the numbers do not matter but the widths do."""

from __future__ import annotations

import torch
from diffusers import WanTransformer3DModel
from torch import Tensor

from wan.convert.keys import transformer_key

FFN_DIM = 96
_LAYERS = ("self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "cross_attn.q", "cross_attn.k", "cross_attn.v")
_BLOCK = (*_LAYERS, "cross_attn.o", "ffn.0", "ffn.2", "norm3")
_NORMS = tuple(f"{part}.norm_{name}.weight" for part in ("self_attn", "cross_attn") for name in "qk")
_AROUND = ("patch_embedding", "text_embedding.0", "text_embedding.2", "time_embedding.0", "time_embedding.2")


def named_transformer(heads: int = 1, head_dim: int = 128, channels: int = 48, layers: int = 2) -> dict[str, Tensor]:
    """Random weights in fp32; a head of 128 channels is what the released models have."""
    torch.manual_seed(0)
    sizes = {"num_attention_heads": heads, "attention_head_dim": head_dim, "ffn_dim": FFN_DIM, "num_layers": layers}
    ends = {"in_channels": channels, "out_channels": 16 if channels == 36 else channels}
    model = WanTransformer3DModel(**sizes, **ends, text_dim=24, freq_dim=256)
    weights = model.state_dict()
    return {name: weights[transformer_key(name)].contiguous() for name in _names(layers)}


def _names(layers: int) -> list[str]:
    names = ["head.modulation"]
    for stem in (*_AROUND, "time_projection.1", "head.head"):
        names += [f"{stem}.weight", f"{stem}.bias"]
    for block in range(layers):
        names += [f"blocks.{block}.{stem}.{part}" for stem in _BLOCK for part in ("weight", "bias")]
        names += [f"blocks.{block}.{name}" for name in (*_NORMS, "modulation")]
    return names

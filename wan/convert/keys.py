"""The key of each reference weight in the classes that wanflow runs, as tables of patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wan.errors import CheckpointError

Table = Sequence[tuple[str, str]]

# Inside a block `norm3` of the reference is the norm before cross-attention, which diffusers calls `norm2`.
TRANSFORMER: Table = (
    (r"patch_embedding\.(.+)", r"patch_embedding.\1"),
    (r"text_embedding\.0\.(.+)", r"condition_embedder.text_embedder.linear_1.\1"),
    (r"text_embedding\.2\.(.+)", r"condition_embedder.text_embedder.linear_2.\1"),
    (r"time_embedding\.0\.(.+)", r"condition_embedder.time_embedder.linear_1.\1"),
    (r"time_embedding\.2\.(.+)", r"condition_embedder.time_embedder.linear_2.\1"),
    (r"time_projection\.1\.(.+)", r"condition_embedder.time_proj.\1"),
    (r"head\.modulation", r"scale_shift_table"),
    (r"head\.head\.(.+)", r"proj_out.\1"),
    (r"(blocks\.\d+)\.modulation", r"\1.scale_shift_table"),
    (r"(blocks\.\d+)\.self_attn\.(norm_[qk]\..+)", r"\1.attn1.\2"),
    (r"(blocks\.\d+)\.cross_attn\.(norm_[qk]\..+)", r"\1.attn2.\2"),
    (r"(blocks\.\d+)\.self_attn\.([qkv])\.(.+)", r"\1.attn1.to_\2.\3"),
    (r"(blocks\.\d+)\.cross_attn\.([qkv])\.(.+)", r"\1.attn2.to_\2.\3"),
    (r"(blocks\.\d+)\.self_attn\.o\.(.+)", r"\1.attn1.to_out.0.\2"),
    (r"(blocks\.\d+)\.cross_attn\.o\.(.+)", r"\1.attn2.to_out.0.\2"),
    (r"(blocks\.\d+)\.norm3\.(.+)", r"\1.norm2.\2"),
    (r"(blocks\.\d+)\.ffn\.0\.(.+)", r"\1.ffn.net.0.proj.\2"),
    (r"(blocks\.\d+)\.ffn\.2\.(.+)", r"\1.ffn.net.2.\2"),
)

_TEXT_ENCODER: Table = (
    (r"token_embedding\.weight", r"shared.weight"),
    (r"norm\.weight", r"encoder.final_layer_norm.weight"),
    (r"blocks\.(\d+)\.norm1\.weight", r"encoder.block.\1.layer.0.layer_norm.weight"),
    (r"blocks\.(\d+)\.norm2\.weight", r"encoder.block.\1.layer.1.layer_norm.weight"),
    (r"blocks\.(\d+)\.attn\.([qkvo])\.weight", r"encoder.block.\1.layer.0.SelfAttention.\2.weight"),
    (
        r"blocks\.(\d+)\.pos_embedding\.embedding\.weight",
        r"encoder.block.\1.layer.0.SelfAttention.relative_attention_bias.weight",
    ),
    (r"blocks\.(\d+)\.ffn\.gate\.0\.weight", r"encoder.block.\1.layer.1.DenseReluDense.wi_0.weight"),
    (r"blocks\.(\d+)\.ffn\.fc1\.weight", r"encoder.block.\1.layer.1.DenseReluDense.wi_1.weight"),
    (r"blocks\.(\d+)\.ffn\.fc2\.weight", r"encoder.block.\1.layer.1.DenseReluDense.wo.weight"),
)

_VAE: Table = (
    (r"conv1\.(.+)", r"quant_conv.\1"),
    (r"conv2\.(.+)", r"post_quant_conv.\1"),
    (r"(encoder|decoder)\.conv1\.(.+)", r"\1.conv_in.\2"),
    (r"(encoder|decoder)\.head\.0\.(.+)", r"\1.norm_out.\2"),
    (r"(encoder|decoder)\.head\.2\.(.+)", r"\1.conv_out.\2"),
    (r"(encoder|decoder)\.middle\.1\.(.+)", r"\1.mid_block.attentions.0.\2"),
    (r"(encoder|decoder)\.middle\.0\.(.+)", r"\1.mid_block.resnets.0.\2"),
    (r"(encoder|decoder)\.middle\.2\.(.+)", r"\1.mid_block.resnets.1.\2"),
    (r"encoder\.downsamples\.(.+)", r"encoder.down_blocks.\1"),
)
# The layers inside a residual block are numbered in the reference.
VAE_RESIDUAL: Table = (
    (r"(.+)\.residual\.0\.(.+)", r"\1.norm1.\2"),
    (r"(.+)\.residual\.2\.(.+)", r"\1.conv1.\2"),
    (r"(.+)\.residual\.3\.(.+)", r"\1.norm2.\2"),
    (r"(.+)\.residual\.6\.(.+)", r"\1.conv2.\2"),
    (r"(.+)\.shortcut\.(.+)", r"\1.conv_shortcut.\2"),
    (r"(.+)", r"\1"),
)


def transformer_key(key: str) -> str:
    """A key of the reference's transformer (T2V, I2V, TI2V) in `WanTransformer3DModel`. Raises `CheckpointError`."""
    return translate(key, TRANSFORMER)


def text_encoder_key(key: str) -> str:
    """A key of the reference's UMT5 in transformers' `UMT5EncoderModel`. Raises `CheckpointError`."""
    return translate(key, _TEXT_ENCODER)


def vae_key(key: str, num_res_blocks: int = 2) -> str:
    """A key of the reference's 2.1 autoencoder in `AutoencoderKLWan`. Raises `CheckpointError`.

    The reference counts the decoder's layers through all levels, `num_res_blocks` + 1 residual blocks and one
    upsampler each; diffusers counts them level by level.
    """
    upsample = re.fullmatch(r"decoder\.upsamples\.(\d+)\.(.+)", key)
    if upsample is None:
        return translate(translate(key, _VAE), VAE_RESIDUAL)
    level, place = divmod(int(upsample[1]), num_res_blocks + 2)
    kind = "upsamplers.0" if place == num_res_blocks + 1 else f"resnets.{place}"
    return translate(f"decoder.up_blocks.{level}.{kind}.{upsample[2]}", VAE_RESIDUAL)


def translate(key: str, table: Table) -> str:
    """The first pattern of the table that matches the whole key decides. Raises `CheckpointError` if none does."""
    for pattern, replacement in table:
        match = re.fullmatch(pattern, key)
        if match is not None:
            return match.expand(replacement)
    raise CheckpointError(f"{key!r} is not a weight of the reference's model")

"""The sizes of the tiny family's networks: the real diffusers and transformers classes, a thousandth of the weights."""

from __future__ import annotations

from diffusers import AutoencoderKLWan, WanTransformer3DModel
from transformers import UMT5Config, UMT5EncoderModel

LATENT_CHANNELS = 16
TEXT_DIM = 128
I2V_CHANNELS = 2 * LATENT_CHANNELS + 4
"""Noisy latents, four mask channels, the condition's latents."""


def build_vae() -> AutoencoderKLWan:
    """A fresh autoencoder: 16 latent channels, strides 4 in time and 8 in space."""
    return AutoencoderKLWan(
        base_dim=8,
        z_dim=LATENT_CHANNELS,
        dim_mult=[1, 2, 4, 8],
        num_res_blocks=1,
        attn_scales=[],
        temperal_downsample=[False, True, True],
        dropout=0.0,
        latents_mean=[0.0] * LATENT_CHANNELS,
        latents_std=[1.0] * LATENT_CHANNELS,
    )


def build_transformer(in_channels: int) -> WanTransformer3DModel:
    """A fresh denoiser; `in_channels` is 16 for T2V, 36 for I2V."""
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=4,
        attention_head_dim=40,
        in_channels=in_channels,
        out_channels=LATENT_CHANNELS,
        text_dim=TEXT_DIM,
        freq_dim=128,
        ffn_dim=448,
        num_layers=6,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=128,
    )


def build_text_encoder(vocabulary: int) -> UMT5EncoderModel:
    """A fresh text encoder for a vocabulary of that many words."""
    return UMT5EncoderModel(
        UMT5Config(
            vocab_size=vocabulary,
            d_model=TEXT_DIM,
            d_kv=32,
            d_ff=192,
            num_layers=2,
            num_heads=4,
            relative_attention_num_buckets=16,
            relative_attention_max_distance=32,
            dropout_rate=0.0,
            feed_forward_proj="gated-gelu",
            pad_token_id=0,
            eos_token_id=1,
            decoder_start_token_id=0,
            is_encoder_decoder=False,
            use_cache=False,
        )
    )

"""The sizes of the tiny family's networks: the real diffusers and transformers classes, a thousandth of the weights."""

from __future__ import annotations

from typing import Any

from diffusers import (
    AutoencoderKLWan,
    WanAnimateTransformer3DModel,
    WanTransformer3DModel,
    WanVACETransformer3DModel,
)
from torch import nn
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModel,
    UMT5Config,
    UMT5EncoderModel,
    Wav2Vec2Config,
    Wav2Vec2ForCTC,
)

from wan.tiny.figures import FACE_SIZE
from wan.variants.s2v.transformer import WanS2VTransformer3DModel

LATENT_CHANNELS = 16
LATENT_CHANNELS_22 = 48
TEXT_DIM = 128
IMAGE_DIM = 32
AUDIO_DIM, AUDIO_LAYERS = 48, 3
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


def build_vae22() -> AutoencoderKLWan:
    """A fresh autoencoder of the 2.2 kind: 48 latent channels, strides 4 in time and 16 in space."""
    return AutoencoderKLWan(
        base_dim=8,
        decoder_base_dim=12,
        z_dim=LATENT_CHANNELS_22,
        dim_mult=[1, 2, 4, 4],
        num_res_blocks=1,
        attn_scales=[],
        temperal_downsample=[False, True, True],
        dropout=0.0,
        latents_mean=[0.0] * LATENT_CHANNELS_22,
        latents_std=[1.0] * LATENT_CHANNELS_22,
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        scale_factor_spatial=16,
        scale_factor_temporal=4,
    )


VAE_BUILDERS = {"2.1": build_vae, "2.2": build_vae22}


_DENOISER: dict[str, Any] = {
    "num_attention_heads": 4,
    "attention_head_dim": 40,
    "text_dim": TEXT_DIM,
    "freq_dim": 128,
    "num_layers": 6,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "rope_max_seq_len": 128,
}
"""What the denoisers of T2V, I2V, TI2V and VACE have in common: one may begin with another's weights."""


def build_transformer(in_channels: int) -> WanTransformer3DModel:
    """A fresh denoiser; `in_channels` is 16 for T2V, 36 for I2V."""
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        in_channels=in_channels,
        out_channels=LATENT_CHANNELS,
        ffn_dim=448,
        **_DENOISER,
    )


def build_ti2v_transformer() -> WanTransformer3DModel:
    """A fresh denoiser for TI2V, on latents of the 2.2 kind.

    Its patches are single latents, 16 pixels wide: in the true model's, 32 pixels wide, a whole sprite would be lost.
    """
    return WanTransformer3DModel(
        patch_size=(1, 1, 1),
        in_channels=LATENT_CHANNELS_22,
        out_channels=LATENT_CHANNELS_22,
        ffn_dim=384,
        **_DENOISER,
    )


VACE_LAYERS = (0, 3)
"""The main blocks that the control's blocks stand beside."""


def build_vace_transformer() -> WanVACETransformer3DModel:
    """A fresh denoiser for VACE, whose control says nothing yet."""
    model = WanVACETransformer3DModel(
        patch_size=(1, 2, 2),
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        ffn_dim=384,
        **_DENOISER,
        vace_layers=list(VACE_LAYERS),
        vace_in_channels=96,
    )
    for block in model.vace_blocks:
        nn.init.zeros_(block.proj_out.weight)
        nn.init.zeros_(block.proj_out.bias)
    return model


def build_animate_transformer() -> WanAnimateTransformer3DModel:
    """A fresh denoiser for Animate: poses as latents, faces of 32 pixels, image tokens of 32."""
    return WanAnimateTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=4,
        attention_head_dim=32,
        in_channels=I2V_CHANNELS,
        latent_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        text_dim=TEXT_DIM,
        freq_dim=128,
        ffn_dim=384,
        num_layers=6,
        image_dim=IMAGE_DIM,
        added_kv_proj_dim=4 * 32,
        rope_max_seq_len=128,
        motion_encoder_channel_sizes={"4": 32, "8": 32, "16": 24, "32": 16},
        motion_encoder_size=FACE_SIZE,
        motion_style_dim=32,
        motion_dim=8,
        motion_encoder_dim=32,
        face_encoder_hidden_dim=32,
        face_encoder_num_heads=4,
        inject_face_latents_blocks=3,
        motion_encoder_batch_size=64,
    )


def build_image_encoder() -> CLIPVisionModel:
    """A fresh image encoder: 257 tokens of 224×224 pixels, as the real one; its last layer but one is what is used."""
    return CLIPVisionModel(
        CLIPVisionConfig(
            hidden_size=IMAGE_DIM,
            intermediate_size=2 * IMAGE_DIM,
            projection_dim=IMAGE_DIM,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=224,
            patch_size=14,
            hidden_act="gelu",
        )
    )


def build_s2v_transformer() -> WanS2VTransformer3DModel:
    """A fresh denoiser for S2V; it hears every layer of `build_audio_encoder`."""
    model: WanS2VTransformer3DModel = WanS2VTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=4,
        attention_head_dim=32,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        text_dim=TEXT_DIM,
        freq_dim=128,
        ffn_dim=384,
        num_layers=5,
        audio_dim=AUDIO_DIM,
        num_audio_layers=AUDIO_LAYERS + 1,
        num_audio_tokens=4,
        audio_inject_layers=(0, 2, 4),
        pose_channels=LATENT_CHANNELS,
        motion_frames=73,
        motion_buckets=(1, 2, 16),
    )
    return model


def build_audio_encoder() -> Wav2Vec2ForCTC:
    """A fresh audio encoder: 16 kHz to 50 features a second, as the real one."""
    return Wav2Vec2ForCTC(
        Wav2Vec2Config(
            vocab_size=4,
            hidden_size=AUDIO_DIM,
            num_hidden_layers=AUDIO_LAYERS,
            num_attention_heads=4,
            intermediate_size=96,
            conv_dim=(24,) * 7,
            conv_bias=True,
            feat_extract_norm="group",
            feat_proj_dropout=0.0,
            hidden_dropout=0.0,
            attention_dropout=0.0,
            activation_dropout=0.0,
            final_dropout=0.0,
            layerdrop=0.0,
            mask_time_prob=0.0,
            num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=8,
            attn_implementation="sdpa",
        )
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

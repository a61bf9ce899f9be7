"""Animate from the reference's layout: motion and face encoders, read off the shapes of the weights. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wan.convert.configs import Config, Tensors, count, shape, transformer_config
from wan.convert.conversion import Conversion
from wan.variants.animate.keys import animate_targets


def animate_config(tensors: Tensors, stated: Mapping[str, Any]) -> Config:
    """Of `WanAnimateTransformer3DModel`, with its motion and face encoders."""
    config = transformer_config(tensors, stated)
    direction = shape(tensors, "motion_encoder.dec.direction.weight")
    hidden = shape(tensors, "face_encoder.conv2.conv.weight")[1]
    levels = count(tensors, r"motion_encoder\.enc\.net_app\.convs\.(\d+)\..+")
    return config | {
        "latent_channels": shape(tensors, "pose_patch_embedding.weight")[1],
        "image_dim": shape(tensors, "img_emb.proj.0.weight")[0],
        "added_kv_proj_dim": shape(tensors, "blocks.0.cross_attn.k_img.weight")[1],
        "motion_encoder_size": 2**levels,
        "motion_style_dim": shape(tensors, "motion_encoder.enc.fc.0.weight")[1],
        "motion_dim": direction[1],
        "motion_encoder_dim": direction[0],
        "face_encoder_hidden_dim": hidden,
        "face_encoder_num_heads": shape(tensors, "face_encoder.conv1_local.conv.weight")[0] // hidden,
        "inject_face_latents_blocks": config["num_layers"] // count(tensors, r"face_adapter\.fuser_blocks\.(\d+)\..+"),
    }


CONVERSION = Conversion(
    animate_targets, animate_config, ("motion_encoder.dec.direction.weight", "pose_patch_embedding.weight")
)

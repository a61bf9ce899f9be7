"""Animate's configuration: its motion and face encoders are read off their weights."""

from __future__ import annotations

from tests.wan.convert.shapes import infos, transformer_infos
from wan.variants.animate.conversion import animate_config

OWN = infos(
    {
        "pose_patch_embedding.weight": (128, 16, 1, 2, 2),
        "img_emb.proj.0.weight": (1280,),
        "blocks.0.cross_attn.k_img.weight": (128, 128),
        "motion_encoder.dec.direction.weight": (512, 20),
        "motion_encoder.enc.fc.0.weight": (512, 512),
        "face_encoder.conv1_local.conv.weight": (4096, 512, 3),
        "face_encoder.conv2.conv.weight": (1024, 1024, 3),
        **{f"motion_encoder.enc.net_app.convs.{level}.weight": (1, 1) for level in range(9)},
        **{f"face_adapter.fuser_blocks.{block}.linear2.weight": (1, 1) for block in range(2)},
    }
)


def test_sizes_of_the_encoders_are_those_of_their_weights() -> None:
    config = animate_config(transformer_infos(channels=36, layers=10) | OWN, {})
    assert (config["motion_encoder_size"], config["motion_dim"], config["motion_encoder_dim"]) == (512, 20, 512)
    assert (config["face_encoder_hidden_dim"], config["face_encoder_num_heads"]) == (1024, 4)
    assert config["inject_face_latents_blocks"] == 5
    assert (config["image_dim"], config["added_kv_proj_dim"]) == (1280, 128)

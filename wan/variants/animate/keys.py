"""Animate-14B: the reference's keys (transformer, face and motion encoder) in `WanAnimateTransformer3DModel`."""

from __future__ import annotations

import re

from wan.convert.keys import TRANSFORMER, Table, translate
from wan.convert.targets import Target
from wan.errors import CheckpointError

_ANIMATE: Table = (
    *TRANSFORMER,
    (r"pose_patch_embedding\.(.+)", r"pose_patch_embedding.\1"),
    (r"img_emb\.proj\.0\.(.+)", r"condition_embedder.image_embedder.norm1.\1"),
    (r"img_emb\.proj\.1\.(.+)", r"condition_embedder.image_embedder.ff.net.0.proj.\1"),
    (r"img_emb\.proj\.3\.(.+)", r"condition_embedder.image_embedder.ff.net.2.\1"),
    (r"img_emb\.proj\.4\.(.+)", r"condition_embedder.image_embedder.norm2.\1"),
    (r"(blocks\.\d+)\.cross_attn\.([kv])_img\.(.+)", r"\1.attn2.add_\2_proj.\3"),
    (r"(blocks\.\d+)\.cross_attn\.norm_k_img\.(.+)", r"\1.attn2.norm_added_k.\2"),
    # Motion encoder: a style network; `dec.direction` holds the directions of motion in its latent space.
    (r"motion_encoder\.dec\.direction\.weight", r"motion_encoder.motion_synthesis_weight"),
    (r"motion_encoder\.enc\.fc\.(.+)", r"motion_encoder.motion_network.\1"),
    (r"face_encoder\.(conv1_local|conv2|conv3)\.conv\.(.+)", r"face_encoder.\1.\2"),
    (r"face_encoder\.(out_proj\..+|padding_tokens)", r"face_encoder.\1"),
    (r"face_adapter\.fuser_blocks\.(\d+)\.linear1_q\.(.+)", r"face_adapter.\1.to_q.\2"),
    (r"face_adapter\.fuser_blocks\.(\d+)\.linear2\.(.+)", r"face_adapter.\1.to_out.\2"),
    (r"face_adapter\.fuser_blocks\.(\d+)\.([qk])_norm\.(.+)", r"face_adapter.\1.norm_\2.\3"),
)
_CONVOLUTIONS = r"motion_encoder\.enc\.net_app\.convs\.(\d+)\.(.+)"
# In the reference a blur, a convolution and an activation with a bias are entries of one list, with or without the
# blur: the last number tells them apart by the name of their weight.
_RESIDUAL: Table = (
    (r"(conv[12])\.\d\.weight", r"\1.weight"),
    (r"(conv[12])\.\d\.bias", r"\1.act_fn.bias"),
    (r"skip\.\d\.weight", r"conv_skip.weight"),
)


def animate_targets(key: str) -> tuple[Target, ...]:
    """The places of one key of the reference's Animate transformer. Raises `CheckpointError` for a strange key.

    The blur kernels are constants, which diffusers builds itself: they have none. Keys and values of a face block are
    one projection in the reference and two in diffusers.
    """
    convolution = re.fullmatch(_CONVOLUTIONS, key)
    if convolution is not None:
        return _motion_convolution(key, int(convolution[1]), convolution[2])
    fused = re.fullmatch(r"face_adapter\.fuser_blocks\.(\d+)\.linear1_kv\.(.+)", key)
    if fused is not None:
        return tuple(Target(f"face_adapter.{fused[1]}.to_{name}.{fused[2]}", part, 2) for part, name in enumerate("kv"))
    return (Target(translate(key, _ANIMATE)),)


def animate_key(key: str) -> str:
    """The one place of a key of the reference. Raises `CheckpointError` for a strange key, and for one that becomes
    several weights or none."""
    targets = animate_targets(key)
    if len(targets) != 1:
        raise CheckpointError(f"{key} becomes {len(targets)} weights")
    return targets[0].key


def _motion_convolution(key: str, number: int, rest: str) -> tuple[Target, ...]:
    if rest.endswith(".kernel"):
        return ()
    if rest == "weight":  # the last one has neither blur nor activation, so it is no list
        return (Target("motion_encoder.conv_out.weight"),)
    if number == 0:
        name = {"0.weight": "weight", "1.bias": "act_fn.bias"}.get(rest) or translate(key, ())
        return (Target(f"motion_encoder.conv_in.{name}", squeeze=rest == "1.bias"),)
    name = translate(rest, _RESIDUAL)
    return (Target(f"motion_encoder.res_blocks.{number - 1}.{name}", squeeze=name.endswith(".bias")),)

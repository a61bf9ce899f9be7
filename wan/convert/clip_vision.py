"""The picture half of the reference's CLIP (XLM-RoBERTa, ViT-H/14) in transformers' `CLIPVisionModel`."""

from __future__ import annotations

import re

from wan.convert.keys import Table, translate
from wan.convert.targets import Target

_CLIP_VISION: Table = (
    (r"visual\.patch_embedding\.weight", r"embeddings.patch_embedding.weight"),
    (r"visual\.pre_norm\.(.+)", r"pre_layrnorm.\1"),
    (r"visual\.post_norm\.(.+)", r"post_layernorm.\1"),
    (r"visual\.transformer\.(\d+)\.norm([12])\.(.+)", r"encoder.layers.\1.layer_norm\2.\3"),
    (r"visual\.transformer\.(\d+)\.attn\.proj\.(.+)", r"encoder.layers.\1.self_attn.out_proj.\2"),
    (r"visual\.transformer\.(\d+)\.mlp\.0\.(.+)", r"encoder.layers.\1.mlp.fc1.\2"),
    (r"visual\.transformer\.(\d+)\.mlp\.2\.(.+)", r"encoder.layers.\1.mlp.fc2.\2"),
)
# The text half, its temperature and the projection into the common space: nothing of WAN reads them.
_UNUSED = r"textual\..+|log_scale|visual\.head"


def published_clip_key(key: str) -> str:
    """A key of CLIP's picture half in transformers' names; those published before version 5 have a prefix."""
    return key.removeprefix("vision_model.")


def clip_vision_targets(key: str) -> tuple[Target, ...]:
    """The places of one key of the reference's CLIP. Raises `CheckpointError` for a strange key.

    Queries, keys and values of a layer are one projection in the reference and three in transformers.
    """
    if re.fullmatch(_UNUSED, key):
        return ()
    if key == "visual.cls_embedding":
        return (Target("embeddings.class_embedding", squeeze=True),)
    if key == "visual.pos_embedding":
        return (Target("embeddings.position_embedding.weight", squeeze=True),)
    fused = re.fullmatch(r"visual\.transformer\.(\d+)\.attn\.to_qkv\.(.+)", key)
    if fused is not None:
        place = f"encoder.layers.{fused[1]}.self_attn"
        return tuple(Target(f"{place}.{name}_proj.{fused[2]}", part, 3) for part, name in enumerate("qkv"))
    return (Target(translate(key, _CLIP_VISION)),)

"""VACE: the reference's keys in `WanVACETransformer3DModel`: blocks of its own beside those of the transformer."""

from __future__ import annotations

from wan.convert.keys import TRANSFORMER, Table, translate

_VACE: Table = (
    *TRANSFORMER,
    *((pattern.replace("(blocks", "(vace_blocks"), to) for pattern, to in TRANSFORMER if pattern.startswith("(blocks")),
    (r"vace_patch_embedding\.(.+)", r"vace_patch_embedding.\1"),
    (r"(vace_blocks\.\d+)\.before_proj\.(.+)", r"\1.proj_in.\2"),
    (r"(vace_blocks\.\d+)\.after_proj\.(.+)", r"\1.proj_out.\2"),
)


def vace_key(key: str) -> str:
    """A key of the reference's VACE transformer in diffusers. Raises `CheckpointError` for a strange key."""
    return translate(key, _VACE)

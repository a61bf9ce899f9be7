"""Checkpoints of other layouts to that of diffusers; and the keys of reference weights in the classes that run."""

from __future__ import annotations

from wan.convert.clip_vision import clip_vision_targets
from wan.convert.keys import text_encoder_key, transformer_key, vae_key
from wan.convert.targets import Target, Targets, convert_weights, renamed
from wan.convert.vae22 import vae22_key

__all__ = [
    "Target",
    "Targets",
    "clip_vision_targets",
    "convert_weights",
    "renamed",
    "text_encoder_key",
    "transformer_key",
    "vae22_key",
    "vae_key",
]

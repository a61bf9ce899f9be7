"""The relighting LoRA that Animate is published with: a person who takes another one's place takes the scene's light.

Rank 128, on the transformer's blocks. A checkpoint that has it uses it in replace mode, as the reference recommends.
"""

from __future__ import annotations

from pathlib import Path

from wan.system.folders import found_in
from wan.weights.checkpoint import Checkpoint
from wan.weights.places import pulled

FOLDER = "relighting_lora"
"""Of the checkpoint, with one safetensors file. The checkpoint in diffusers layout comes without it."""

MODEL = "animate-relighting"
"""Its name among the pulled models (`wanflow models list`)."""


def relighting_lora(checkpoint: Checkpoint, *, published: bool = True) -> Path | None:
    """The file, of the checkpoint or pulled by itself; None if there is none. (The pickle that lies beside it in the
    reference's repository is never opened.) Not `published`: a checkpoint of another kind than the released one, for
    which only its own will do."""
    places = (checkpoint.folder, pulled(MODEL) if published else None)
    files = (file for place in places if place for file in found_in(place / FOLDER, "*.safetensors"))
    return next(files, None)

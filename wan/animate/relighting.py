"""The relighting LoRA that Animate is published with: a person who takes another one's place takes the scene's light.

Rank 128, on the transformer's blocks. A checkpoint that has it uses it in replace mode, as the reference recommends.
"""

from __future__ import annotations

from pathlib import Path

from wan.checkpoint import Checkpoint

FOLDER = "relighting_lora"
"""Of the checkpoint, with one safetensors file."""


def relighting_lora(checkpoint: Checkpoint) -> Path | None:
    """The file, or None for a checkpoint without it. (The pickle that lies beside it in the reference's repository is
    never opened.)"""
    return next(iter(sorted((checkpoint.folder / FOLDER).glob("*.safetensors"))), None)

"""The placements by name, from the quickest to the leanest. No torch.

`resident`: everything stays on the device. `expert_swap`: what is needed is there, the rest in pinned host memory; the
next expert comes ahead when there is room. `offload`: of a transformer, two blocks at a time, the next while one
computes. `low_vram`: one block at a time, read from the checkpoint's own files where their type allows it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Placement: TypeAlias = Literal["resident", "expert_swap", "offload", "low_vram"]

PLACEMENTS: tuple[Placement, ...] = ("resident", "expert_swap", "offload", "low_vram")


def next_leaner(placement: Placement) -> Placement | None:
    """The placement to try when the device's memory did not suffice; None after the leanest."""
    place = PLACEMENTS.index(placement)
    return PLACEMENTS[place + 1] if place + 1 < len(PLACEMENTS) else None

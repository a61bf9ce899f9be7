"""Clips written by hand, small enough to be drawn and stored in milliseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from flows.clips import HandOff
from flows.planning.model import Clip
from tests.flows.made import a_clip, changed


def clip(name: str, after: Sequence[str] = (), seconds: float = 10.0, variant: str = "t2v-a14b") -> Clip:
    """A clip whose fingerprint is `name` and whose prompt is too; it starts from the clips named in `after`."""
    return a_clip(
        name,
        variant=variant,
        checkpoint="",
        prompt=name,
        width=32,
        height=16,
        num_frames=5,
        seed=0,
        hand_off=HandOff(tuple((one,) for one in after)) if after else None,
        estimated_seconds=seconds,
    )


def real_clip(prompt: str, after: Sequence[Clip] = ()) -> Clip:
    """As `clip`, with a fingerprint that a store takes: made of the prompt."""
    made = clip(hashlib.sha256(prompt.encode()).hexdigest(), [one.fingerprint for one in after])
    return changed(made, prompt=prompt)

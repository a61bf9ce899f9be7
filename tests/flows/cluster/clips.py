"""Clips written by hand, small enough to be drawn and stored in milliseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from flows.planning.model import Clip, HandOff
from wan.request import Guidance, Numerics, Sampling


def clip(name: str, after: Sequence[str] = (), seconds: float = 10.0, variant: str = "t2v-a14b") -> Clip:
    """A clip whose fingerprint is `name` and whose prompt is too; it starts from the clips named in `after`."""
    return Clip(
        fingerprint=name,
        variant=variant,
        checkpoint="",
        prompt=name,
        negative_prompt="",
        width=32,
        height=16,
        num_frames=5,
        fps=16,
        seed=0,
        sampling=Sampling(12, 5.0, Guidance(4.0, 3.0)),
        numerics=Numerics(),
        hand_off=HandOff(tuple(after)) if after else None,
        estimated_seconds=seconds,
    )


def real_clip(prompt: str, after: Sequence[Clip] = ()) -> Clip:
    """As `clip`, with a fingerprint that a store takes: made of the prompt."""
    made = clip(hashlib.sha256(prompt.encode()).hexdigest(), [one.fingerprint for one in after])
    return replace(made, prompt=prompt)

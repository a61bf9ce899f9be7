"""The fingerprint of a clip: sha256 over everything that decides its pixels, and nothing else.

Not in it: names, ids, order, titles, the film's rate, how much of the clip the film shows, where it is rendered.
"""

from __future__ import annotations

import hashlib
import json

from flows.plan.model import Clip, HandOff
from wan.request import Numerics, Sampling
from wan.variants import VARIANTS

FORMAT = 1
"""Raised only if the content below is written differently: every clip of every store is then rendered again."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def clip_content(
    *,
    variant: str,
    checkpoint: str,
    prompt: str,
    negative_prompt: str,
    width: int,
    height: int,
    num_frames: int,
    seed: int,
    sampling: Sampling,
    numerics: Numerics,
    image: str | None,
    last_image: str | None,
    hand_off: HandOff | None,
) -> dict[str, object]:
    """What the fingerprint covers, as plain values. Numbers are normalised: guidance 4 and 4.0 are the same."""
    boundary = sampling.boundary_ratio
    return {
        "format": FORMAT,
        "variant": variant,
        "render_epoch": VARIANTS[variant].render_epoch,
        "checkpoint": checkpoint,
        "loras": [],
        "prompt": prompt,
        "negative_prompt": negative_prompt,
        "width": width,
        "height": height,
        "num_frames": num_frames,
        "seed": seed,
        "num_inference_steps": sampling.num_inference_steps,
        "flow_shift": float(sampling.flow_shift),
        "guidance_scale": [float(sampling.guidance_scale.high), float(sampling.guidance_scale.low)],
        "solver": sampling.solver,
        "boundary_ratio": None if boundary is None else float(boundary),
        "precision": numerics.precision,
        "attention": numerics.attention,
        "image": image,
        "last_image": last_image,
        "hand_off": hand_off and [list(hand_off.candidates), hand_off.rule, hand_off.frame],
    }


def fingerprint(content: dict[str, object]) -> str:
    """sha256 (hex) of the content as canonical JSON: sorted keys, no spaces, ASCII."""
    return hashlib.sha256(_encode(content).encode()).hexdigest()


def clip_spec(clip: Clip) -> dict[str, object]:
    """The content a planned clip's fingerprint was made of; kept in `TakeRecord.spec`."""
    return clip_content(
        variant=clip.variant,
        checkpoint=clip.checkpoint,
        prompt=clip.prompt,
        negative_prompt=clip.negative_prompt,
        width=clip.width,
        height=clip.height,
        num_frames=clip.num_frames,
        seed=clip.seed,
        sampling=clip.sampling,
        numerics=clip.numerics,
        image=clip.image,
        last_image=clip.last_image,
        hand_off=clip.hand_off,
    )

"""The fingerprint of a clip: sha256 over everything that decides its pixels, and nothing else.

Not in it: names, ids, order, titles, the film's rate, how much of the clip the film shows, where it is rendered.
"""

from __future__ import annotations

import hashlib
import json

from flows.plan.model import Clip
from wan.variants import VARIANTS

FORMAT = 1
"""Raised only if the content below is written differently: every clip of every store is then rendered again."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def clip_spec(clip: Clip) -> dict[str, object]:
    """What the fingerprint covers, as plain values; kept in `TakeRecord.spec`. Numbers are normalised: guidance 4 and
    4.0 are the same. What a clip does not use is left out, so that a new kind of input changes no older fingerprint."""
    sampling, numerics, hand_off = clip.sampling, clip.numerics, clip.hand_off
    boundary = sampling.boundary_ratio
    content: dict[str, object] = {
        "format": FORMAT,
        "variant": clip.variant,
        "render_epoch": VARIANTS[clip.variant].render_epoch,
        "checkpoint": clip.checkpoint,
        "loras": [[lora.digest, float(lora.weight), lora.expert] for lora in clip.loras],
        "prompt": clip.prompt,
        "negative_prompt": clip.negative_prompt,
        "width": clip.width,
        "height": clip.height,
        "num_frames": clip.num_frames,
        "seed": clip.seed,
        "num_inference_steps": sampling.num_inference_steps,
        "flow_shift": float(sampling.flow_shift),
        "guidance_scale": [float(sampling.guidance_scale.high), float(sampling.guidance_scale.low)],
        "solver": sampling.solver,
        "boundary_ratio": None if boundary is None else float(boundary),
        "precision": numerics.precision,
        "attention": numerics.attention,
        "image": clip.image,
        "last_image": clip.last_image,
        "hand_off": hand_off and [list(hand_off.candidates), hand_off.rule, hand_off.frame],
    }
    if hand_off is not None and hand_off.what != "frame":
        content["handed_off"] = hand_off.what
    if clip.last:
        content["last"] = True
    if clip.media:
        content["media"] = [[medium.name, medium.digest, medium.option] for medium in clip.media]
        content["media_fps"] = float(clip.fps)
        content["start_frame"] = clip.start_frame
    if clip.camera is not None:
        content["camera"] = clip.camera
        content["start_frame"] = clip.start_frame
    if clip.control_scale != 1:
        content["control_scale"] = float(clip.control_scale)
    if clip.strength is not None:
        content["strength"] = float(clip.strength)
    content |= {name: True for name in ("vae_tiling", "compile") if getattr(numerics, name)}
    return content


def fingerprint(clip: Clip) -> str:
    """sha256 (hex) of the clip's content as canonical JSON: sorted keys, no spaces, ASCII."""
    return hashlib.sha256(_encode(clip_spec(clip)).encode()).hexdigest()

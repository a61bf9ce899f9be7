"""The fingerprint of a clip: sha256 over everything that decides its pixels, and nothing else.

Not in it: names, ids, order, titles, the film's rate, how much of the clip the film shows, where it is rendered.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, fields

from flows.planning.model import Clip, ClipLora, HandOff, Medium
from wan.model.attention import computed
from wan.request import Guidance, Numerics, Sampling
from wan.variants import VARIANTS

FORMAT = 1
"""Raised only if the content below is written differently: every clip of every store is then rendered again."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


NO_PIXELS = frozenset({"fingerprint", "skip_first", "keep", "status", "estimated_seconds"})
"""Fields of a clip that decide none."""
WHEN_DRIVEN = frozenset({"fps", "start_frame"})
"""Fields that decide pixels where something of the whole shot drives the clip: media, or a camera path, which goes by
frames and knows no rate. All fields but these and `NO_PIXELS` are covered: one that is added to `Clip` is, too."""
_NOT_COVERED = NO_PIXELS | WHEN_DRIVEN
_FIRST = frozenset({"image", "last_image", "hand_off", "loras", "solver", "boundary_ratio", "precision", "attention"})
"""Fields that were there from the beginning: written even where they are empty. Whatever came later is left out where
it has its default, so that a new kind of input changes no older fingerprint."""
_FRACTIONS = frozenset({"flow_shift", "boundary_ratio", "strength", "control_scale"})
"""Fields that 4 and 4.0 are the same in."""


def clip_spec(clip: Clip) -> dict[str, object]:
    """What the fingerprint covers, as plain values; kept in `ClipRecord.spec`."""
    content = {"format": FORMAT, "render_epoch": VARIANTS[clip.variant].render_epoch, **_covered(clip)}
    if clip.media:
        content["media_fps"] = float(clip.fps)
    if clip.media or clip.camera is not None:
        content["start_frame"] = clip.start_frame
    return content


def _covered(part: Clip | Sampling | Numerics) -> dict[str, object]:
    """Every field that decides pixels, those of what a clip is sampled with among its own."""
    content: dict[str, object] = {}
    for field in fields(part):
        value = getattr(part, field.name)
        later = field.default is not MISSING and field.name not in _FIRST
        if field.name in _NOT_COVERED or (later and value == field.default):
            continue
        if isinstance(value, Sampling | Numerics):
            content |= _covered(value)
        elif isinstance(value, HandOff):
            content[field.name] = [list(value.candidates), value.rule, value.frame]
            content |= {} if value.what == "frame" else {"handed_off": value.what}
            content |= {"segments_back": value.back} if value.back else {}
        else:
            content[field.name] = _plain(value, field.name)
    return content


def _plain(value: object, name: str) -> object:
    if name == "attention":  # which kernel computes it, a machine decides as it decides the device
        return computed(str(value))
    match value:
        case Guidance():
            return [float(value.high), float(value.low)]
        case ClipLora():
            return [value.digest, float(value.weight), value.expert]
        case Medium():
            return [value.name, value.digest, value.option]
        case tuple():
            return [_plain(each, name) for each in value]
        case int() | float() if name in _FRACTIONS:
            return float(value)
    return value


def fingerprint(clip: Clip) -> str:
    """sha256 (hex) of the clip's content as canonical JSON: sorted keys, no spaces, ASCII."""
    return hashlib.sha256(_encode(clip_spec(clip)).encode()).hexdigest()

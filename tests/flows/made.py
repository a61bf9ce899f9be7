"""Clips made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flows.clips import ClipSpec
from flows.planning.model import Clip
from wan.request import Guidance, Numerics, Sampling


def a_spec(**values: Any) -> ClipSpec:
    """Of a small clip; fields as they are given."""
    usual: dict[str, Any] = {
        "variant": "t2v-a14b",
        "render_epoch": 1,
        "checkpoint": "c",
        "prompt": "p",
        "negative_prompt": "",
        "width": 256,
        "height": 144,
        "num_frames": 33,
        "seed": 1,
        "sampling": Sampling(12, 5.0, Guidance(4.0, 3.0)),
        "numerics": Numerics(attention="sdpa"),
    }
    return ClipSpec(**{**usual, **values})


def a_clip(fingerprint: str = "a", **values: Any) -> Clip:
    """The same as a clip of that fingerprint; fields of the clip and of its spec as they are given."""
    own = {name: values.pop(name) for name in list(values) if name in Clip.__dataclass_fields__}
    return Clip(**{"fingerprint": fingerprint, "fps": 16, "spec": a_spec(**values), **own})


def changed(clip: Clip, **values: Any) -> Clip:
    """The clip with other fields, its own or those of its spec."""
    own = {name: values.pop(name) for name in list(values) if name in Clip.__dataclass_fields__}
    return replace(clip, spec=replace(clip.spec, **values), **own)

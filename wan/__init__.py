"""WAN 2.2 as a library: give it a `ClipRequest`, get frames; or drive it in steps, `encode → advance → decode`.

    from wan import FAMILIES, Checkpoint, ClipRequest, load_pipeline

    role = FAMILIES["tiny"].roles["t2v-a14b"]
    pipeline = load_pipeline("t2v-a14b", Checkpoint.open(FAMILIES["tiny"], "t2v-a14b"))
    request = ClipRequest(prompt="a white boat moves left to right, over water at noon", width=256, height=144,
                          num_frames=33, sampling=role.sampling, seed=7)
    frames = pipeline.decode(pipeline.advance(pipeline.encode(request)))    # uint8 [33, 144, 256, 3]

Importing `wan` imports no torch; the names below are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wan.errors import Cancelled as Cancelled
    from wan.errors import CheckpointError as CheckpointError
    from wan.errors import RequestError as RequestError
    from wan.errors import StateError as StateError
    from wan.errors import WanError as WanError
    from wan.families import FAMILIES as FAMILIES
    from wan.families import Family as Family
    from wan.families import Role as Role
    from wan.load import load_pipeline as load_pipeline
    from wan.pipeline import Pipeline as Pipeline
    from wan.request import ClipRequest as ClipRequest
    from wan.request import Guidance as Guidance
    from wan.request import Numerics as Numerics
    from wan.request import Sampling as Sampling
    from wan.state import State as State
    from wan.variants import VARIANTS as VARIANTS
    from wan.variants import Variant as Variant
    from wan.weights.checkpoint import Checkpoint as Checkpoint

_HOME = {
    "Cancelled": "wan.errors",
    "Checkpoint": "wan.weights.checkpoint",
    "CheckpointError": "wan.errors",
    "ClipRequest": "wan.request",
    "FAMILIES": "wan.families",
    "Family": "wan.families",
    "Guidance": "wan.request",
    "Numerics": "wan.request",
    "Pipeline": "wan.pipeline",
    "RequestError": "wan.errors",
    "Role": "wan.families",
    "Sampling": "wan.request",
    "State": "wan.state",
    "StateError": "wan.errors",
    "VARIANTS": "wan.variants",
    "Variant": "wan.variants",
    "WanError": "wan.errors",
    "load_pipeline": "wan.load",
}

__all__ = sorted(_HOME)

IS_WANFLOW = True
"""The reference repository's package is called `wan` too and lacks this name: see `wan.system.mixup`."""


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    from wan.system.mixup import explain

    raise AttributeError(explain(name) or f"module 'wan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})

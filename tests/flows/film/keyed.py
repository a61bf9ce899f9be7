"""A film of three shots, each of which begins with the picture that the one before ends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.cluster.publish import store_clip
from flows.cluster.stub import draw
from flows.planning import Plan
from flows.planning.model import Clip
from flows.store import ClipRecord, Store
from tests.flows.film.filming import plan_in

KEYED = """
storyboard: 1
title: The paper boat
shot_defaults: {duration: 2s, continuity: {by: keyframes}}
scenes:
  - id: river
    shots:
      - {id: launch, prompt: a boat moves}
      - {id: drift, prompt: a boat comes closer}
      - {id: night, prompt: a boat at night}
"""


def keyed_plan(folder: Path, overrides: Sequence[str] = (), **cluster: Any) -> Plan:
    """As `plan_in`."""
    if not (folder / "film.yaml").exists():
        (folder / "film.yaml").write_text(KEYED)
    return plan_in(folder, overrides, **cluster)


def put(store: Store, clip: Clip) -> ClipRecord:
    """Rendered by the stub."""
    return store.publish(store_clip(store, clip, draw(clip), b"latents", seconds={}))


def stills(plan: Plan) -> list[Clip]:
    """The clips of the keyframes, in the film's order."""
    return [shot.keyframe.clips[0] for shot in plan.shots if shot.keyframe is not None]

"""A renderer whose model drifts: each clip that goes on from another is decoded with a cast."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from flows.cluster.renderers import Report
from flows.cluster.wan_clips import WanRenderer
from flows.planning.model import Clip
from flows.store import ClipRecord, Store
from tests.flows.continuity import casts
from wan.pipeline import Pipeline
from wan.variants.method import Result


class TintedRenderer(WanRenderer):
    """`tint`: by how much frames are off, in CIE L*a*b*; set it between clips."""

    tint = (0.0, 0.0, 0.0)
    _goes_on = False

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        self._goes_on = clip.spec.hand_off is not None
        return super().render(clip, store, report)

    def _pipeline(self, *given: Any, **named: Any) -> Pipeline:
        pipeline = super()._pipeline(*given, **named)
        return cast("Pipeline", _Tinted(pipeline, self.tint)) if self._goes_on and any(self.tint) else pipeline


class _Tinted:
    """A pipeline whose decoder is a little off."""

    def __init__(self, pipeline: Pipeline, tint: tuple[float, float, float]) -> None:
        self._real, self._tint = pipeline, tint

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def finish(self, *given: Any, **named: Any) -> Result:
        result = self._real.finish(*given, **named)
        return replace(result, frames=casts.cast(result.frames, *self._tint))

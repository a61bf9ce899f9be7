"""One clip under way on a worker that renders with WAN: where it began, how far it is, and what is kept of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from flows.cluster.checkpoints import Checkpoints
from flows.cluster.renderers import Report
from flows.cluster.requests import request_of
from flows.cluster.stages import Stages
from flows.planning.model import Clip
from flows.store import Store
from wan.errors import StateError
from wan.pipeline import Pipeline, request_digest
from wan.request import ClipRequest
from wan.state import State

_log = logging.getLogger(__name__)
_KEPT_STAGES = ("encode", "denoise")
"""Those that a checkpoint saves: what they took elsewhere is part of what the clip took."""


class Work:
    """It outlives a pipeline: what ran out of memory in one placement goes on in another."""

    def __init__(
        self,
        clip: Clip,
        store: Store,
        report: Report,
        checkpoint_seconds: float,
        writer: ThreadPoolExecutor,
        *,
        leads: bool = True,
    ) -> None:
        """`leads`: what others render with this process is its own to keep; else nothing is kept here."""
        self._leads = leads
        self._clip, self._store, self._report = clip, store, report
        self._every, self._writer = checkpoint_seconds, writer
        self._checkpoints: Checkpoints | None = None
        self.stages = Stages()
        self.state: State | None = None

    def begun(self, pipeline: Pipeline) -> State:
        """The state to go on from: what was reached here, what another worker has left, or the one before the first
        step. All members of a gang go on from the same, or begin anew when one has none to go on from. Raises
        `Cancelled`, RequestError, BlobMissing, MediaError; in a gang GangError, OtherFailed."""
        if self._checkpoints is None:
            self._checkpoints = Checkpoints(
                self._store, self._clip.fingerprint, pipeline.determinism, self._every, self._writer
            )
        if self.state is None:
            with self.stages.stage("encode"):
                with pipeline.gang.apart():
                    request = request_of(self._clip.spec, self._store)
                    found = self._found(request, pipeline, self._checkpoints)
                if pipeline.gang.any(found is None) or found is None:
                    self.state = self._encoded(request, pipeline)
                else:
                    self.state = self._taken_up(*found, request)
        return self.state

    def keep(self, state: State) -> None:
        """After each step."""
        self.state = state
        if self._checkpoints is not None and self._leads:
            self._checkpoints.reached(state, self._kept_seconds())

    def settle(self) -> None:
        """Nothing is being written any more."""
        if self._checkpoints is not None:
            self._checkpoints.settle()

    def hand_back(self) -> None:
        """It is stopped: keep what is worth it for whoever goes on."""
        if self._checkpoints is not None:
            self._checkpoints.hand_back()

    def forget(self) -> None:
        """It gave no numbers. A broken GPU may have spoilt the steps before, too: whoever tries again begins anew."""
        if self._checkpoints is not None:
            self._checkpoints.forget()

    def _encoded(self, request: ClipRequest, pipeline: Pipeline) -> State:
        state = pipeline.encode(request, should_stop=self._report.should_stop)
        self._report.progress("encode", 1, 1)
        return state

    def _found(
        self, request: ClipRequest, pipeline: Pipeline, checkpoints: Checkpoints
    ) -> tuple[State, Mapping[str, float]] | None:
        """The state of a checkpoint, and the seconds that led to it; None where there is none for this request."""
        found = checkpoints.find()
        if found is None:
            return None
        state, seconds = found
        try:
            pipeline.check(state)
        except StateError as error:
            _log.warning("a checkpoint is left alone: %s", error)
            return None
        if state.request_digest != request_digest(request):
            _log.warning("a checkpoint is left alone: where it was written, the inputs of the clip were read as others")
            return None
        return state, seconds

    def _taken_up(self, state: State, seconds: Mapping[str, float], request: ClipRequest) -> State:
        """To be gone on from, with the files of this machine."""
        _log.info("goes on after step %d of %d, which another worker reached", state.step, state.steps)
        self.stages.add({stage: seconds.get(stage, 0.0) for stage in _KEPT_STAGES})
        self._report.progress("denoise", state.step, state.steps)
        return replace(state, loras=request.loras)

    def _kept_seconds(self) -> dict[str, float]:
        return {stage: took for stage, took in self.stages.seconds.items() if stage in _KEPT_STAGES}

"""Checkpoints of the clip that a worker renders: when a state is worth keeping, and how it is kept without waiting.

States go to the store (`flows.store.checkpoints`) from a thread of their own, at most one at a time: the GPU copies
behind its work, and goes on. What cannot be written is told and costs no clip.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from flows.errors import EnvironmentProblem, StoreError
from flows.store import Store
from flows.store.checkpoints import find_checkpoint, put_checkpoint
from wan.errors import StateError
from wan.model.finite import is_finite
from wan.sampling import schedule
from wan.state import State

_log = logging.getLogger(__name__)

BOUNDARY_SHARE = 0.25
"""Of the seconds between two checkpoints, that suffice where an expert has done its part: what comes next needs other
memory, and is where a clip is likeliest to fail."""
WRITING_SHARE = 0.05
"""Of a clip's time, that may be spent writing: a slow store gets fewer."""
WORTH_SECONDS = 5.0
"""Of work, that a worker which is told to stop hands back."""


@dataclass(slots=True)
class Thrift:
    """When a state is worth writing. `every` seconds of denoising, 0 for never; `write_seconds`: what the last one
    took."""

    every: float
    write_seconds: float = 0.0

    def wants(self, since: float, *, boundary: bool) -> bool:
        """`since`: the seconds of work that would be lost."""
        wanted = self.every * (BOUNDARY_SHARE if boundary else 1)
        return self.every > 0 and since >= max(wanted, self.write_seconds / WRITING_SHARE)

    def wants_back(self, since: float) -> bool:
        """The same, of a worker that stops."""
        return self.every > 0 and since >= max(min(self.every, WORTH_SECONDS), 2 * self.write_seconds)


class Checkpoints:
    """Of one clip on one worker. Used by the thread that renders."""

    def __init__(
        self,
        store: Store,
        fingerprint: str,
        determinism: str,
        every: float,
        writer: ThreadPoolExecutor,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`every`: at most one in so many seconds, 0 for none. `writer` has one thread."""
        self._store, self._fingerprint, self._determinism = store, fingerprint, determinism
        self._thrift, self._writer, self._clock = Thrift(every), writer, clock
        self._writing: Future[None] | None = None
        self._kept = self._reached = clock()
        self._last: tuple[State, Mapping[str, float]] | None = None

    def find(self) -> tuple[State, dict[str, float]] | None:
        """How far another worker came, and the seconds that it took by stages. None if nobody left anything, or nothing
        that goes on here."""
        if self._thrift.every <= 0:
            return None
        try:
            data = find_checkpoint(self._store, self._fingerprint, self._determinism, datetime.now(UTC))
            if data is None:
                return None
            state, notes = State.from_bytes(data)
            seconds = {str(stage): float(took) for stage, took in json.loads(notes["seconds"]).items()}
        except (StoreError, EnvironmentProblem) as error:
            _log.warning("checkpoints cannot be looked for, and the clip begins anew: %s", error)
        except (StateError, KeyError, ValueError, AttributeError) as error:
            _log.warning("a checkpoint cannot be read, and the clip begins anew: %s", error)
        else:
            return state, seconds
        return None

    def reached(self, state: State, seconds: Mapping[str, float]) -> None:
        """After each step. Writes the state if that is worth it, and the one before is written. `seconds` by stages, of
        all that led to it."""
        self._last, self._reached = (state, dict(seconds)), self._clock()
        busy = self._writing is not None and not self._writing.done()
        if not busy and self._thrift.wants(self._reached - self._kept, boundary=is_boundary(state)):
            self._write(state, seconds)

    def hand_back(self) -> None:
        """Write the last finished step if that is worth it, and wait until it is written."""
        self.settle()
        if self._last is not None and self._thrift.wants_back(self._reached - self._kept):
            self._write(*self._last)
            self.settle()

    def forget(self) -> None:
        """Drop what was kept: it led to something that cannot be used."""
        self.settle()
        self._last = None
        try:
            self._store.drop_checkpoints(self._fingerprint)
        except (StoreError, EnvironmentProblem) as error:
            _log.warning("a checkpoint could not be dropped: %s", error)

    def settle(self) -> None:
        """Wait for what is being written."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def _write(self, state: State, seconds: Mapping[str, float]) -> None:
        self._kept = self._reached
        here, arrive = state.on_host()
        self._writing = self._writer.submit(self._put, here, arrive, json.dumps(dict(seconds)))

    def _put(self, state: State, arrive: Callable[[], None], seconds: str) -> None:
        arrive()
        if not is_sound(state):  # it is known to the loop a step later
            return
        began = self._clock()
        try:
            data = state.to_bytes(seconds=seconds)
            put_checkpoint(self._store, self._fingerprint, self._determinism, state.step, data, datetime.now(UTC))
        except EnvironmentProblem as error:
            self._thrift.every = 0.0
            _log.warning("no checkpoints of this clip any more: %s", error)
        except (StoreError, MemoryError) as error:
            _log.warning("a checkpoint could not be written: %s", error or "no memory")
        else:
            _log.info("checkpoint after step %d of %d, %.0f MB", state.step, state.steps, len(data) / 1e6)
        self._thrift.write_seconds = self._clock() - began


def is_boundary(state: State) -> bool:
    """Whether one expert, or the last of them, has done its part."""
    high = schedule(state.sampling).high_noise
    return state.step == state.steps or (state.step > 0 and bool(high[state.step - 1] != high[state.step]))


def is_sound(state: State) -> bool:
    """Whether all that goes on from step to step are numbers."""
    return all(bool(is_finite(tensor)) for tensor in (state.latents, *state.solver.tensors.values()))

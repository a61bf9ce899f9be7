"""One worker as the pool sees it: starting its actor, following what it renders, stopping and replacing it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from flows.cluster.failures import RayFault, ray_fault
from flows.cluster.renderers import RendererSpec
from flows.cluster.room import WorkerSize
from flows.cluster.session import RaySession
from flows.cluster.worker import Message, Worker, WorkerFacts
from flows.planning.model import Clip
from flows.store import Store
from flows.store.identity import identified

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often a worker that waits for room looks whether it is still wanted."""

NODE_LABEL = "ray.io/node-id"
_IDENTIFIERS = ("class_name:", "actor_id:", "pid:", "namespace:", "ip:")


class WorkerDied(Exception):
    """The actor is gone, or never came; the message says why in one line."""


class RemoteWorker:
    """An actor that may be replaced by another one under the same name. Used by one thread; `cancel` by any."""

    def __init__(
        self,
        session: RaySession,
        name: str,
        size: WorkerSize,
        renderer: RendererSpec,
        store: Store,
        timeout: float,
    ) -> None:
        self.name = name
        self.facts = WorkerFacts("", "", 0)
        self.warm: frozenset[str] = frozenset()
        self.waiting = False
        self._ray: Any = session.ray
        self._size = size
        self._arguments = (name, renderer, store.address, identified(store), size.threads)
        self._timeout = timeout
        self._room: Any = None
        self._actor: Any = None
        self._stream: Any = None
        self._cancelled = False
        self._heard: float | None = None
        self._ended_for = ""
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether there is an actor."""
        return self._actor is not None

    def start(self, avoid: Collection[str], wanted: Callable[[], bool]) -> bool:
        """A fresh actor, waited for, on a machine that is none of `avoid` (Ray's ids). Waits for room as long as
        `wanted` says; returns False when it says no. Raises WorkerDied when there is room, but no worker comes."""
        if not self._reserve(avoid, wanted):
            return False
        scheduling = self._ray.util.scheduling_strategies.PlacementGroupSchedulingStrategy(placement_group=self._room)
        with self._lock:
            if self._cancelled:
                return False
            actor = self._ray.remote(Worker).options(
                num_cpus=self._size.cpus,
                num_gpus=self._size.gpus,
                max_restarts=0,
                max_task_retries=0,
                scheduling_strategy=scheduling,
            )
            self._actor = actor.remote(*self._arguments)
            self._ended_for = ""
        try:
            self.facts = self._ray.get(self._actor.facts.remote(), timeout=self._timeout)
        except self._ray.exceptions.GetTimeoutError as error:
            self.end()
            raise WorkerDied(f"it did not start in {self._timeout:g} s (cluster.start_timeout)") from error
        except self._ray.exceptions.RayError as error:
            self.end()
            raise WorkerDied(_why(error)) from error
        return True

    def _reserve(self, avoid: Collection[str], wanted: Callable[[], bool]) -> bool:
        """Room that is this worker's until `leave`: a process that is replaced finds its place again."""
        if self._room is None:
            size = {"CPU": self._size.cpus, "GPU": self._size.gpus}
            where = [{NODE_LABEL: f"!in({','.join(sorted(avoid))})"}] if avoid else None
            bundle = {name: amount for name, amount in size.items() if amount}
            self._room = self._placed(bundle, where)
        self.waiting = True
        try:
            while wanted():
                if self._room.wait(timeout_seconds=LOOK_SECONDS):
                    return True
        except self._ray.exceptions.RayError as error:
            self._room = None
            raise WorkerDied(_why(error)) from error
        finally:
            self.waiting = False
        return False

    def _placed(self, bundle: dict[str, float], where: list[dict[str, str]] | None) -> Any:
        try:
            return self._ray.util.placement_group([bundle], bundle_label_selector=where)
        except self._ray.exceptions.RayError as error:
            raise WorkerDied(_why(error)) from error

    def render(self, clip: Clip) -> Iterator[Message]:
        """The worker's messages about one clip; ends early when cancelled. Raises WorkerDied."""
        with self._lock:
            if self._cancelled:
                return
            if self._actor is None:
                raise WorkerDied(self._ended_for)
            self._stream = self._actor.render.options(num_returns="streaming").remote(clip)
            self._heard = time.monotonic()
        try:
            for reference in self._stream:
                yield self._ray.get(reference)
                self._heard = time.monotonic()
        except self._ray.exceptions.RayError as error:
            if ray_fault(error) is not RayFault.ASKED:
                raise WorkerDied(self._ended_for or _why(error)) from error
        finally:
            with self._lock:
                self._stream = self._heard = None

    def end_if_silent(self, seconds: float) -> None:
        """End the process if it renders and has said nothing for so long: it hangs."""
        with self._lock:
            if self._heard is None or time.monotonic() - self._heard < seconds:
                return
            self._heard = None
            self._ended_for = f"it said nothing for {seconds:g} s (cluster.silence_timeout)"
        self.end()

    def cancel(self) -> None:
        """Ask what runs to stop at its next step, and start nothing more."""
        with self._lock:
            self._cancelled = True
            if self._stream is not None:
                self._let_go(lambda: self._ray.cancel(self._stream))

    def end(self) -> None:
        """End the process; what it had not published is lost. Its place is kept for the next one."""
        with self._lock:
            actor, self._actor = self._actor, None
            self.warm = frozenset()
        if actor is not None:
            self._let_go(lambda: self._ray.kill(actor, no_restart=True))

    def leave(self) -> None:
        """End the process and give its place back."""
        self.end()
        with self._lock:
            room, self._room = self._room, None
        if room is not None:
            self._let_go(lambda: self._ray.util.remove_placement_group(room))

    def _let_go(self, how: Callable[[], None]) -> None:
        try:
            how()
        except self._ray.exceptions.RayError as error:  # Ray itself is gone, and with it what should be ended
            logger.info("%s could not be ended: %s", self.name, _why(error))


def _why(error: BaseException) -> str:
    """Ray's explanation without its table of identifiers."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith(_IDENTIFIERS)]
    return " ".join(told)[:500] or type(error).__name__

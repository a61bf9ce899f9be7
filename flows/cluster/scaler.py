"""How many workers a pool has: as many as there is work and room for, no fewer than asked for, and no idle ones."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial

from flows.cluster.clock import steady
from flows.cluster.dispatcher import Dispatcher
from flows.cluster.patience import Patience
from flows.cluster.remote import RemoteWorker
from flows.cluster.renderers import RendererSpec
from flows.cluster.session import RaySession
from flows.cluster.terms import Terms
from flows.cluster.worker_loop import WorkerLoop
from flows.events import Log, Progress

WORKER = "worker-"
ANSWER_SECONDS = 5.0
"""What looking at checkpoints may take, which reads no weights."""
GREET_SECONDS = 60.0
STOP_SECONDS = 5.0
"""How long workers that were stopped may take to come to the end of their step before their processes are ended."""


class Scaler:
    """The workers of a pool, each on a thread. `broken` hears what a thread fails with by a mistake of ours."""

    def __init__(
        self, session: RaySession, terms: Terms, dispatcher: Dispatcher, broken: Callable[[BaseException], None]
    ) -> None:
        self._session = session
        self._terms = terms
        self._dispatcher = dispatcher
        self._broken = broken
        self._lock = threading.Lock()
        self._workers: dict[str, RemoteWorker] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._numbers = 0
        self._given_up = 0
        self._patience = Patience()
        self._greeted = time.monotonic()
        self.renderer: RendererSpec | None = None

    @property
    def workers(self) -> tuple[RemoteWorker, ...]:
        with self._lock:
            return tuple(self._workers.values())

    def look(self) -> None:
        """Start what is missing; say when all of them wait for room."""
        if self.renderer is None or self._dispatcher.stopping:
            return
        wanted = self.wanted()
        missing = wanted - len(self.workers)
        if missing > 0 and not self.workers:
            self._dispatcher.tell(Progress("", "workers", 0, wanted))
        for _ in range(missing):
            self._begin(self._next_name(), self.renderer)
        self._say_waiting()

    def greet(self) -> None:
        """Now and again, all that have nothing to do: one that nobody asks for anything takes its pool for gone."""
        if time.monotonic() - self._greeted >= GREET_SECONDS:
            self._greeted = time.monotonic()
            for worker in self.workers:
                worker.greet()

    def wanted(self) -> int:
        """How many workers there should be now."""
        settings = self._terms.settings
        if not self._dispatcher.unsettled:
            self._given_up = 0
        room = self._terms.size.fit(self._session.nodes())
        if settings.autoscaling:  # machines come for what waits for a place
            room = max(room, settings.max_workers or self._dispatcher.unsettled)
        most = min(room, settings.max_workers or room)
        return min(most - self._given_up, max(settings.min_workers, self._dispatcher.unsettled))

    def take_over(self, renderer: RendererSpec) -> None:
        """Find the workers that outlived the keeper before this one."""
        numbers = [int(number) for number in self._session.named(f"{self._terms.name}/{WORKER}")]
        self._dispatcher.expect(len(numbers))
        for number in numbers:
            self._numbers = max(self._numbers, number)
            self._begin(f"{WORKER}{number}", renderer, found=True)

    def checkpoints(self, spec: RendererSpec, variants: Collection[str]) -> Mapping[str, Mapping[str, str | None]]:
        """By machine, the revision of each variant there (`Worker.checkpoints`): of those whose worker answers soon."""
        ray = self._session.ray
        asked = {}
        for worker in self.workers:
            if worker.facts.node not in asked and (reference := worker.checkpoints(spec, variants)) is not None:
                asked[worker.facts.node] = reference
        ray.wait(list(asked.values()), num_returns=len(asked), timeout=ANSWER_SECONDS) if asked else None
        found = {}
        for node, reference in asked.items():
            with suppress(ray.exceptions.RayError):  # one that is gone, or busy, may have them
                found[node] = ray.get(reference, timeout=0)
        return found if len(found) == len(asked) else {}

    def stop(self, names: frozenset[str]) -> None:
        """These give up what they render; whoever does not in time has its process ended."""
        chosen = [worker for worker in self.workers if worker.name in names]
        for worker in chosen:
            worker.stop()
        deadline = time.monotonic() + STOP_SECONDS
        for worker in chosen:
            while worker.busy and time.monotonic() < deadline:
                time.sleep(0.02)
            if worker.busy:
                worker.end()

    def close(self) -> None:
        """End them all, and give their places back."""
        for worker in self.workers:
            worker.close()
        deadline = time.monotonic() + STOP_SECONDS
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for worker in self.workers:
            worker.leave()

    def _next_name(self) -> str:
        self._numbers += 1
        return f"{WORKER}{self._numbers}"

    def _begin(self, name: str, renderer: RendererSpec, *, found: bool = False) -> None:
        settings = self._terms.settings
        worker = RemoteWorker(self._session, self._terms, name, renderer)
        worker.foresee = partial(self._dispatcher.ahead, name)
        self._dispatcher.join(name)
        loop = WorkerLoop(
            worker,
            self._dispatcher,
            self._session,
            self._terms.size,
            settings.autoscaling,
            idle_seconds=None if self._terms.own else settings.idle_timeout,
            spare=self._spare,
        )
        thread = threading.Thread(target=self._live, args=(loop, name, found), name=name, daemon=True)
        with self._lock:
            self._workers[name], self._threads[name] = worker, thread
        thread.start()

    def _spare(self) -> bool:
        """Whether one worker may go."""
        return len(self.workers) > self._terms.settings.min_workers

    def _live(self, loop: WorkerLoop, name: str, found: bool) -> None:
        """A worker's thread: what nobody expected ends the pool, or its clip would be waited for without end. One that
        was given up is not replaced while there is work: it would be given up again."""
        bad = False
        try:
            bad = not loop.run(found=found)
        except BaseException as error:  # noqa: BLE001  # not swallowed: every film is told
            bad = True
            if not self._dispatcher.stopping:
                self._broken(error)
        finally:
            with self._lock:
                self._given_up += bad
                self._workers.pop(name, None)
                self._threads.pop(name, None)

    def _say_waiting(self) -> None:
        """Others hold the cluster: nobody shall take it for a film that hangs."""
        workers = self.workers
        waiting = any(worker.waiting for worker in workers) and not any(one.running for one in workers)
        if self._patience.due(waiting, steady()):
            told = self._terms.size.waiting(self._patience.since, self._session.free(), self._session.nodes())
            self._dispatcher.tell(Log("", logging.WARNING, told))

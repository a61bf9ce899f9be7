"""One worker as the pool sees it: starting its actor, following what it renders, stopping and replacing it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from flows.cluster.failures import RayFault, ray_fault
from flows.cluster.job import Ahead, Heard, Job, Message, WorkerFacts
from flows.cluster.place import Place, WorkerDied, why
from flows.cluster.renderers import RendererSpec
from flows.cluster.session import NAMESPACE, RaySession
from flows.cluster.silence import Silence
from flows.cluster.terms import Terms
from flows.cluster.worker import WorkerProcess

logger = logging.getLogger(__name__)

LISTEN_SECONDS = 5.0
"""How long a worker keeps a question open while it has nothing to say."""
ANSWER_SECONDS = 5.0
"""What its answer may take on top of that; then its machine is asked whether it is there at all."""
THREADS = 4
"""Of a worker's process: one that keeps a question open, one that gives and stops jobs, and two for who comes anew."""


class RemoteWorker:
    """An actor that may be replaced by another one under the same name. Used by one thread; `stop`, `close` by any.

    The actor and its place are not this process's: they outlive it, and are found again by their name.
    """

    def __init__(self, session: RaySession, terms: Terms, name: str, renderer: RendererSpec) -> None:
        """`renderer` is what it will render with first."""
        self.name = name
        self.facts = WorkerFacts("", "", 0)
        self.warm: frozenset[str] = frozenset()
        self.clip = ""
        self.since: float | None = None
        self.foresee: Callable[[], Ahead | None] = lambda: None
        """What it will have to load when it is done, as far as can be said now: told with every question."""
        self._session = session
        self._ray: Any = session.ray
        self._full_name = f"{terms.name}/{name}"
        self._size = terms.size
        measured = "" if terms.own else terms.name
        self._arguments = (name, renderer, terms.store_address, terms.store_identity, terms.size, measured)
        self._start_timeout = terms.settings.start_timeout
        self._silence_timeout = terms.settings.silence_timeout
        self._place = Place(session.ray, self._full_name, terms.size)
        self._actor: Any = None
        self._stopping = ""
        self._closed = False
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether there is an actor."""
        return self._actor is not None

    @property
    def waiting(self) -> bool:
        """Whether it waits for room in the cluster."""
        return self._place.waiting

    @property
    def busy(self) -> bool:
        """Whether it renders something."""
        return bool(self.clip)

    @property
    def state(self) -> str:
        """In words."""
        if self.waiting:
            return "waits for room"
        if not self.running:
            return "starts"
        return "renders" if self.busy else "idle"

    @property
    def stopped(self) -> bool:
        """Whether it was asked to give up its last job."""
        return bool(self._stopping)

    def start(self, avoid: Collection[str], wanted: Callable[[], bool]) -> bool:
        """A fresh actor, waited for, on a machine that is none of `avoid` (Ray's ids). Waits for room as long as
        `wanted` says; returns False when it says no. Raises WorkerDied when there is room, but no worker comes."""
        if not self._place.reserve(avoid, wanted):
            return False
        with self._lock:
            if self._closed:
                return False
            actor = self._ray.remote(WorkerProcess).options(
                name=self._full_name,
                namespace=NAMESPACE,
                lifetime="detached",
                num_cpus=self._size.cpus,
                num_gpus=self._size.gpus,
                max_restarts=0,
                max_task_retries=0,
                max_concurrency=THREADS,
                scheduling_strategy=self._place.strategy,
            )
            try:
                self._actor = actor.remote(*self._arguments)
            except (ValueError, self._ray.exceptions.RayError) as error:  # ValueError: the name is still taken
                raise WorkerDied(why(error)) from error
        self._ask_facts()
        return True

    def adopt(self) -> Job | None:
        """The actor of this name that runs already, with the job whose end nobody has heard yet. Raises WorkerDied."""
        try:
            self._actor = self._ray.get_actor(self._full_name, namespace=NAMESPACE)
            self._place.find()
        except (ValueError, self._ray.exceptions.RayError) as error:
            self.end()
            raise WorkerDied(why(error)) from error
        self._ask_facts()
        job: Job | None = self._answer(self._actor.doing.remote(), self._start_timeout)
        return job

    def _ask_facts(self) -> None:
        try:
            self.facts = self._ray.get(self._actor.facts.remote(), timeout=self._start_timeout)
        except self._ray.exceptions.GetTimeoutError as error:
            self.end()
            raise WorkerDied(f"it did not start in {self._start_timeout:g} s (cluster.start_timeout)") from error
        except self._ray.exceptions.RayError as error:
            self.end()
            raise WorkerDied(why(error)) from error

    def render(self, job: Job) -> Iterator[Message]:
        """The worker's messages about one clip; they end early when it was stopped. Raises WorkerDied."""
        with self._lock:
            self._stopping = ""
            actor = self._actor
            if self._closed:
                return
        if actor is None:
            raise WorkerDied("it was ended")
        self._answer(actor.begin.remote(job), self._start_timeout)
        yield from self.follow(job)

    def follow(self, job: Job) -> Iterator[Message]:
        """What is said of the job that it has, from its beginning. Raises WorkerDied."""
        self.clip, self.since = job.clip.fingerprint, time.time()
        try:
            yield from self._told(job)
        finally:
            self.clip, self.since = "", None

    def _told(self, job: Job) -> Iterator[Message]:
        """A machine that does not answer is gone long before Ray says so; a process may be too busy to answer."""
        said, silence = 0, Silence(job.clip.estimated_seconds, self._silence_timeout, time.monotonic())
        while True:
            heard = self._listen(said)
            now = time.monotonic()
            if heard is not None:
                silence.answered(now, said=bool(heard.messages))
                said += len(heard.messages)
                yield from heard.messages
                if heard.over:
                    return
            elif self._session.answers(self.facts.node_id):
                silence.machine_answered(now)
            if (why := silence.too_long(now)) is not None:
                self.end()
                raise WorkerDied(why)

    def _listen(self, after: int) -> Heard | None:
        """None when there was no answer in time."""
        with self._lock:
            actor = self._actor
        if actor is None:
            raise WorkerDied(self._stopping or "it was ended")
        question = actor.listen.remote(after, LISTEN_SECONDS, self.foresee())
        heard: Heard | None = self._answer(question, LISTEN_SECONDS + ANSWER_SECONDS)
        return heard

    def _answer(self, reference: Any, seconds: float) -> Any:
        """None when there was none in time. Raises WorkerDied."""
        try:
            return self._ray.get(reference, timeout=seconds)
        except self._ray.exceptions.GetTimeoutError:
            return None
        except self._ray.exceptions.RayError as error:
            if ray_fault(error) is RayFault.ASKED:
                return None
            raise WorkerDied(self._stopping or why(error)) from error

    def checkpoints(self, spec: RendererSpec, variants: Collection[str]) -> Any:
        """The reference to the worker's answer (`Worker.checkpoints`); None while it is not running."""
        with self._lock:
            return None if self._actor is None else self._actor.checkpoints.remote(spec, variants)

    def greet(self) -> None:
        """Let one that has nothing to do know that it has a pool. Waits for nothing."""
        with self._lock:
            if self._actor is not None and not self.busy:
                self._let_go(lambda: self._actor.doing.remote())

    def stop(self) -> None:
        """Ask it to give up what it renders, at its next chance."""
        with self._lock:
            if self._actor is not None:
                self._stopping = "it was stopped"
                self._let_go(lambda: self._actor.stop.remote())

    def close(self) -> None:
        """Ask what runs to stop, and start nothing more."""
        with self._lock:
            self._closed = True
        self.stop()

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
        self._let_go(self._place.give_back)

    def _let_go(self, how: Callable[[], None]) -> None:
        try:
            how()
        except self._ray.exceptions.RayError as error:  # Ray itself is gone, and with it what should be ended
            logger.info("%s could not be ended: %s", self.name, why(error))

"""The life of one worker, as the pool's thread for it lives it: start, render clip after clip, be replaced when dead,
move or retire when it is of no use where it is, retire when it keeps failing."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable, Iterator

from flows.cluster.dispatcher import Dispatcher
from flows.cluster.failures import Blame, Fault
from flows.cluster.job import HandedBack, Job, Message, Warm
from flows.cluster.place import WorkerDied
from flows.cluster.queue import Lease
from flows.cluster.remote import RemoteWorker
from flows.cluster.room import WorkerSize
from flows.cluster.session import RaySession
from flows.events import MOTION, Finished, Progress

logger = logging.getLogger(__name__)


FOUND_SECONDS = 60.0
"""How long a clip that is rendered already waits for a film that wants it, after the keeper was lost."""


class WorkerLoop:
    """One worker on one thread. `grows`: the cluster adds machines by itself. It goes after `idle_seconds` without
    anything to do, if `spare` says yes."""

    def __init__(
        self,
        worker: RemoteWorker,
        dispatcher: Dispatcher,
        session: RaySession,
        size: WorkerSize,
        grows: bool,
        *,
        idle_seconds: float | None = None,
        spare: Callable[[], bool] = lambda: False,
    ) -> None:
        self._worker = worker
        self._name = worker.name
        self._dispatcher = dispatcher
        self._session = session
        self._size = size
        self._grows = grows
        self._idle_seconds = idle_seconds
        self._spare = spare
        self._why = ""
        self._quietly = False
        self._asked = True

    def run(self, *, found: bool = False) -> bool:
        """Until the pool stops, or the worker is of no use any more; False if it was given up. `found`: its actor runs
        already."""
        if found:
            self._take_over()
        while not self._dispatcher.stopping and not self._dispatcher.out(self._name):
            lease: Lease | None = None
            try:
                if not self._worker.running and not self._begin():
                    continue
                lease = self._dispatcher.lease(self._name, self._worker.warm, self._idle_seconds)
                if lease is not None:
                    self._render(lease)
                elif self._dispatcher.stopping or not self._stay():
                    break
            except WorkerDied as death:
                self._died(death, lease)
        self._worker.leave()
        self._dispatcher.retire(self._name, self._place, self._why, quietly=self._quietly)
        return self._quietly or self._dispatcher.stopping

    def _take_over(self) -> None:
        """Go on with what it renders, if a film still wants that; else it is stopped."""
        lease: Lease | None = None
        try:
            job = self._adopted()
            if job is None:
                return
            lease = self._dispatcher.found(self._name, job, FOUND_SECONDS)
            if lease is None:
                self._worker.stop()
                for _ in self._worker.follow(job):
                    pass
                return
            self._begun(lease)
            self._follow(lease, self._worker.follow(job))
        except WorkerDied as death:
            self._died(death, lease)

    def _adopted(self) -> Job | None:
        """What the actor that runs already renders. Raises WorkerDied."""
        job: Job | None = None
        try:
            job = self._worker.adopt()
            self._dispatcher.started(self._name, self._worker.facts.node_id)
        finally:
            if job is None:  # else it is said with the job
                self._dispatcher.said()
        return job

    def _stay(self) -> bool:
        """Whether a worker that was given nothing goes on all the same, here or on another machine."""
        if self._dispatcher.useless(self._name):
            return self._move()
        self._quietly = self._spare()
        return not self._quietly

    @property
    def _place(self) -> str:
        """Which worker; on which machine, where it is another one than ours."""
        node = self._worker.facts.node
        return self._name if node in ("", platform.node()) else f"{self._name} ({node})"

    def _begin(self) -> bool:
        """Start it, as soon as there is room, on a machine that nothing is known against; the first time at once, since
        it was asked for. Raises WorkerDied."""
        asked, self._asked = self._asked, False
        if not asked:
            self._dispatcher.wait_until_wanted()
        avoid = self._dispatcher.bad_nodes() if self._elsewhere() else frozenset()
        if not self._worker.start(avoid, lambda: self._dispatcher.wanted or (asked and not self._dispatcher.stopping)):
            self._worker.leave()
            return False
        facts = self._worker.facts
        logger.info("%s is process %d on %s", self._name, facts.pid, facts.node)
        self._dispatcher.started(self._name, facts.node_id)
        return True

    def _move(self) -> bool:
        """Leave a machine that cannot render what is left. False when there is no other one."""
        if not self._elsewhere():
            return False
        self._worker.leave()
        self._dispatcher.join(self._name)
        return True

    def _elsewhere(self) -> bool:
        """Whether machines that nothing is known against have room for it beside the others."""
        bad = self._dispatcher.bad_nodes()
        good = [node for node in self._session.nodes() if node.id not in bad]
        return self._grows or self._size.fit(good) > self._dispatcher.beside(self._name, bad)

    def _render(self, lease: Lease) -> None:
        """Raises WorkerDied."""
        self._begun(lease)
        self._follow(lease, self._worker.render(self._dispatcher.job(lease)))

    def _begun(self, lease: Lease) -> None:
        facts = self._worker.facts
        self._dispatcher.begun(lease, self._name, facts.gpu, facts.members)

    def _follow(self, lease: Lease, messages: Iterator[Message]) -> None:
        """Pass on what the worker says about one clip. Raises WorkerDied."""
        for message in messages:
            match message:
                case Warm():
                    self._worker.warm = message.models
                    self._dispatcher.holds(self._name, message.models)
                case Finished():
                    self._why = ""
                    self._dispatcher.finished(lease.clip, message)
                    return
                case Fault():
                    self._failed(message)
                    return
                case HandedBack():
                    self._dispatcher.dropped(lease.clip)
                    self._worker.leave()
                    self._dispatcher.join(self._name)
                    return
                case _:
                    if isinstance(message, Progress) and message.stage == MOTION and message.step == message.steps:
                        self._dispatcher.prepared(lease.clip)
                    self._dispatcher.tell(message)
        if not self._worker.stopped:
            raise WorkerDied("it ended without a result")
        self._dispatcher.dropped(lease.clip)

    def _failed(self, fault: Fault) -> None:
        if fault.blame is not Blame.NODE:
            self._why = fault.message
        self._dispatcher.failed(fault, self._place, self._worker.facts.node or self._name)
        if fault.spoilt or self._dispatcher.in_doubt(self._name):
            self._worker.end()  # a fresh process, in case it is this one's state
            self._dispatcher.join(self._name)

    def _died(self, death: WorkerDied, lease: Lease | None) -> None:
        if lease is not None:
            self._worker.end()
            self._failed(Fault(lease.clip.fingerprint, f"worker died: {death}", Blame.UNKNOWN, spoilt=True, lost=True))
            return
        self._why = str(death)
        self._worker.leave()  # for the next one another machine may be found
        self._dispatcher.failed_to_start(self._name)

"""The life of one worker, as the pool's thread for it lives it: start, render clip after clip, be replaced when dead,
move or retire when it is of no use where it is, retire when it keeps failing."""

from __future__ import annotations

import logging
import platform

from flows.cluster.board import Board
from flows.cluster.failures import Blame, Fault
from flows.cluster.queue import Lease
from flows.cluster.remote import RemoteWorker, WorkerDied
from flows.cluster.room import WorkerSize
from flows.cluster.session import RaySession
from flows.cluster.worker import Warm
from flows.events import MOTION, Finished, Progress, Started

logger = logging.getLogger(__name__)


class Career:
    """One worker on one thread. `grows`: the cluster adds machines by itself."""

    def __init__(self, worker: RemoteWorker, board: Board, session: RaySession, size: WorkerSize, grows: bool) -> None:
        self._worker = worker
        self._name = worker.name
        self._board = board
        self._session = session
        self._size = size
        self._grows = grows
        self._why = ""

    def run(self) -> None:
        """Until the pool stops, or the worker is of no use any more."""
        while not self._board.stopping and not self._board.out(self._name):
            lease: Lease | None = None
            try:
                if not self._worker.running and not self._begin():
                    continue
                lease = self._board.lease(self._name, self._worker.warm)
                if lease is not None:
                    self._follow(lease)
                elif self._board.stopping or not self._move():
                    break
            except WorkerDied as death:
                self._died(death, lease)
        self._worker.leave()
        self._board.retire(self._name, self._place, self._why)

    @property
    def _place(self) -> str:
        """Which worker; on which machine, where it is another one than ours."""
        node = self._worker.facts.node
        return self._name if node in ("", platform.node()) else f"{self._name} ({node})"

    def _begin(self) -> bool:
        """Start it, as soon as there is room, on a machine that nothing is known against. Raises WorkerDied."""
        self._board.wait_until_wanted()
        avoid = self._board.bad_nodes() if self._elsewhere() else frozenset()
        if not self._worker.start(avoid, lambda: self._board.wanted):
            self._worker.leave()
            return False
        facts = self._worker.facts
        logger.info("%s is process %d on %s", self._name, facts.pid, facts.node)
        self._board.started(self._name, facts.node_id)
        return True

    def _move(self) -> bool:
        """Leave a machine that cannot render what is left. False when there is no other one."""
        if not self._elsewhere():
            return False
        self._worker.leave()
        self._board.join(self._name)
        return True

    def _elsewhere(self) -> bool:
        """Whether machines that nothing is known against have room for it beside the others."""
        bad = self._board.bad_nodes()
        good = [node for node in self._session.nodes() if node.id not in bad]
        return self._grows or self._size.fit(good) > self._board.beside(self._name, bad)

    def _follow(self, lease: Lease) -> None:
        """Pass on what the worker says about one clip. Raises WorkerDied."""
        # said here: what a worker says last before it is killed may not arrive
        self._board.tell(Started(lease.clip.fingerprint, self._name, lease.attempt))
        for message in self._worker.render(lease.clip):
            match message:
                case Warm():
                    self._worker.warm = message.variants
                case Finished():
                    self._why = ""
                    self._board.finished(lease.clip, message)
                    return
                case Fault():
                    self._failed(message)
                    return
                case _:
                    if isinstance(message, Progress) and message.stage == MOTION and message.step == message.steps:
                        self._board.prepared(lease.clip)
                    self._board.tell(message)
        if not self._board.stopping:
            raise WorkerDied("it ended without a result")

    def _failed(self, fault: Fault) -> None:
        if fault.blame is not Blame.NODE:
            self._why = fault.message
        self._board.failed(fault, self._place, self._worker.facts.node or self._name)
        if fault.spoilt or self._board.in_doubt(self._name):
            self._worker.end()  # a fresh process, in case it is this one's state
            self._board.join(self._name)

    def _died(self, death: WorkerDied, lease: Lease | None) -> None:
        if lease is not None:
            self._worker.end()
            self._failed(Fault(lease.clip.fingerprint, f"worker died: {death}", Blame.UNKNOWN, spoilt=True))
            return
        self._why = str(death)
        self._worker.leave()  # for the next one another machine may be found
        self._board.failed_to_start(self._name)

"""What the threads of a pool share: the queue under one lock, and what is told of it, in order. Knows no Ray."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from flows.cluster.failures import Blame, Fault
from flows.cluster.queue import ClipQueue, Lease, Loss
from flows.events import Event, Failed, Finished, Log
from flows.planning.model import Clip


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more will happen; `error` when the pool could not start, or one of its threads failed."""

    error: BaseException | None = None


class Board:
    """Every method may be called by any thread. Workers go by their names."""

    def __init__(self, attempts: int) -> None:
        self.stopping = False
        self._queue = ClipQueue(attempts)
        self._crew = self._queue.crew
        self._changed = threading.Condition()
        self._events: queue.SimpleQueue[Event | End] = queue.SimpleQueue()

    def submit(self, clips: Sequence[Clip]) -> None:
        with self._changed:
            self._queue.add(clips)
            self._changed.notify_all()

    def tell(self, event: Event | End) -> None:
        self._events.put(event)

    def stop(self) -> None:
        """No further lease is given."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def next_event(self) -> Event | End:
        """Waited for; the end when everything submitted is finished or lost."""
        while True:
            try:
                return self._events.get(timeout=0.1)  # looks up often, so that Ctrl-C is seen
            except queue.Empty:
                with self._changed:
                    if self._queue.unsettled == 0 and self._events.empty():
                        return End()

    def pending(self) -> Iterator[Event]:
        """What has happened and was not told yet; never waits. What the pool ended with is for `next_event`."""
        ends = []
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, End):
                ends.append(event)
            else:
                yield event
        for end in ends:
            self._events.put(end)

    @property
    def wanted(self) -> bool:
        """Whether there is something to render."""
        return not self.stopping and self._queue.unsettled > 0

    def wait_until_wanted(self) -> None:
        """Or until the pool stops."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopping or self._queue.unsettled > 0)

    def bad_nodes(self) -> frozenset[str]:
        """Machines that cannot render something."""
        with self._changed:
            return self._crew.bad_nodes

    def beside(self, worker: str, bad: Collection[str]) -> int:
        """How many other workers there are that do not run on the `bad` machines."""
        with self._changed:
            return len(self._crew.workers - {worker} - self._crew.on(bad))

    def out(self, worker: str) -> bool:
        """Whether it failed too often to be trusted with another clip."""
        with self._changed:
            return self._crew.out(worker)

    def in_doubt(self, worker: str) -> bool:
        """Whether more than one failure speaks against it: a fresh process may do better."""
        with self._changed:
            return self._crew.strikes(worker) > 1

    def join(self, worker: str) -> None:
        """It will be started, or started again, nobody knows where."""
        with self._changed:
            self._crew.join(worker)
            self._changed.notify_all()  # what failed there may be for those that run

    def started(self, worker: str, node: str) -> None:
        with self._changed:
            self._tell_losses(self._queue.started(worker, node))
            self._changed.notify_all()

    def failed_to_start(self, worker: str) -> None:
        with self._changed:
            self._crew.failed_to_start(worker)

    def lease(self, worker: str, warm: Collection[str]) -> Lease | None:
        """Waited for; None when the pool stops, or the worker can render nothing of what is left where it is."""
        with self._changed:
            while not self.stopping:
                lease = self._queue.lease(worker, warm)
                if lease is not None:
                    return lease
                if self._queue.unsettled and self._queue.useless(worker):
                    return None
                self._changed.wait()
        return None

    def finished(self, clip: Clip, event: Finished) -> None:
        with self._changed:
            self._events.put(event)
            load = event.record.seconds.get("load")
            if load and not event.cached:
                self._queue.learn_load_seconds(clip.spec.variant, load)
            self._queue.finish(clip.fingerprint)
            self._changed.notify_all()

    def prepared(self, clip: Clip) -> None:
        """A leased clip has its driving video prepared, or found it so."""
        with self._changed:
            self._queue.prepared(clip.fingerprint)
            self._changed.notify_all()

    def failed(self, fault: Fault, place: str, node: str) -> None:
        """A leased clip failed at `place` (a worker and its machine as people call them), on the machine `node`."""
        on_node = fault.blame is Blame.NODE
        with self._changed:
            if self.stopping:
                return
            losses = self._queue.fail(replace(fault, message=f"{node}: {fault.message}") if on_node else fault)
            if all(loss.fingerprint != fault.fingerprint for loss in losses):
                self._events.put(Failed(fault.fingerprint, place, fault.message, final=False))
            self._tell_losses(losses, "" if on_node else place)
            self._changed.notify_all()

    def retire(self, worker: str, place: str, why: str) -> None:
        """It is not used any more, for a reason of its own ("": what is known of its machine)."""
        with self._changed:
            if self.stopping:
                return
            reason = why or self._crew.why_barred(worker)
            self._events.put(Log("", logging.WARNING, f"{place} is out of use: {reason}"))
            self._tell_losses(self._queue.leave(worker, f"{place}: {why}" if why else ""))
            self._changed.notify_all()

    def _tell_losses(self, losses: Sequence[Loss], place: str = "") -> None:
        for loss in losses:
            if loss.because_of == loss.fingerprint:
                self._events.put(Failed(loss.fingerprint, place, loss.why, final=True))
            else:
                message = "not rendered: a clip it starts from failed"
                self._events.put(Failed(loss.fingerprint, "", message, final=True, because_of=loss.because_of))

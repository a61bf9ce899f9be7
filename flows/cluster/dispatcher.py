"""The door to the queue: many threads come through it, one at a time, and the films hear what follows."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from flows.cluster.clock import steady
from flows.cluster.failures import Blame, Fault
from flows.cluster.job import Ahead, Job
from flows.cluster.metrics import PoolMetrics
from flows.cluster.outbox import Outbox, Told
from flows.cluster.queue import ClipQueue, FilmOrder, Lease, Loss, Waiting
from flows.cluster.renderers import RendererSpec
from flows.events import Event, Failed, Finished, Log, Progress, Started
from flows.planning.model import Clip

GIVEN_BACK = "given back: its worker had to go"
ASK_SECONDS = 5.0
"""How often a worker without a clip asks again, though nothing happened: what waits long becomes more urgent."""


class Dispatcher:
    """Which films there are, what is to be rendered for them, by whom, and what was said of it."""

    def __init__(self, attempts: int, metrics: PoolMetrics | None = None) -> None:
        self.stopping = False
        self._metrics = metrics
        self._queue = ClipQueue(attempts)
        self._health = self._queue.health
        self._changed = threading.Condition()
        self._films: dict[str, Outbox] = {}
        self._renderers: dict[str, RendererSpec] = {}
        self._running: dict[str, Started] = {}
        self._found: dict[str, str] = {}
        self._given: dict[str, Lease | None] = {}
        self._asked = 0
        self._keeper = uuid.uuid4().hex

    # Films

    def enrol(self, order: FilmOrder) -> None:
        """A film, or what has changed about one."""
        with self._changed:
            self._queue.enrol(order)
            self._films.setdefault(order.film, Outbox())

    def submit(self, film: str, clips: Sequence[Clip], renderer: RendererSpec) -> None:
        """Render these for a film; upstreams that were never submitted are taken to be in the store."""
        with self._changed:
            losses = self._queue.add(clips, film)
            for clip in clips:
                self._renderers.setdefault(clip.fingerprint, renderer)
                if (running := self._running.get(clip.fingerprint)) is not None:
                    self._films[film].put(running)
                if (worker := self._found.pop(clip.fingerprint, None)) is not None:
                    self._given[worker] = self._queue.lease_to(worker, clip.fingerprint, steady())
            self._tell_losses(losses)
            self._changed.notify_all()

    def listen(self, film: str, after: int, seconds: float) -> Told | None:
        """What is told of a film from the event number `after` on, waited for so long; None of a film that is not
        known (any more)."""

        def due() -> bool:
            box = self._films.get(film)
            return box is None or box.has(after) or box.called_off

        with self._changed:
            self._changed.wait_for(due, seconds)
            box = self._films.get(film)
            return None if box is None else box.take(after)

    def withdraw(self, film: str) -> frozenset[str]:
        """The film is given up. Returns the workers that render something for nobody now."""
        with self._changed:
            unwanted = self._queue.withdraw(film)
            self._films.pop(film, None)
            self._forget_renderers()
            self._changed.notify_all()
            return frozenset(self._running[name].worker for name in unwanted if name in self._running)

    def leave_out(self, film: str, fingerprints: Collection[str]) -> frozenset[str]:
        """A film does without these clips: which of them are not begun, and will not be for it."""
        with self._changed:
            left = self._queue.leave_out(film, fingerprints)
            self._forget_renderers()
            self._changed.notify_all()
            return left

    def call_off(self, film: str) -> bool:
        """Somebody ends the film: its driver is told. False if there is no such film."""
        with self._changed:
            box = self._films.get(film)
            if box is not None:
                box.called_off = True
            self._changed.notify_all()
            return box is not None

    def change(self, film: str, *, held: bool | None = None, priority: int | None = None) -> None:
        """What people want: a film held back (or all of them: ""), or another priority."""
        with self._changed:
            if held is not None and not film:
                (self._queue.hold_all if held else self._queue.release_all)()
            elif held is not None:
                (self._queue.hold if held else self._queue.release)(film)
            if priority is not None:
                self._queue.move(film, priority)
            self._changed.notify_all()

    @property
    def films(self) -> frozenset[str]:
        with self._changed:
            return frozenset(self._films)

    def left(self, film: str) -> int:
        """How many of its clips are neither finished nor lost."""
        with self._changed:
            return self._queue.unsettled_of(film)

    def waiting(self) -> tuple[Waiting, ...]:
        """All clips, in the order they would be rendered."""
        with self._changed:
            return self._queue.waiting(steady())

    def tell(self, event: Event) -> None:
        """To the films that it concerns: all, if it is about no clip."""
        with self._changed:
            if isinstance(event, Progress) and event.stage == "denoise":
                self._queue.progressed(event.fingerprint, event.step, event.steps, time.time())
            self._tell(event, self._queue.wanted_by(event.fingerprint) if event.fingerprint else self._films)
            self._changed.notify_all()

    def _tell(self, event: Event, films: Iterable[str]) -> None:
        for film in films:
            if film in self._films:
                self._films[film].put(event)

    # Workers

    def stop(self) -> None:
        """No further lease is given."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    @property
    def unsettled(self) -> int:
        """How many clips are neither finished nor lost."""
        with self._changed:
            return self._queue.unsettled

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
            return self._health.bad_nodes

    def beside(self, worker: str, bad: Collection[str]) -> int:
        """How many other workers there are that do not run on the `bad` machines."""
        with self._changed:
            return len(self._health.workers - {worker} - self._health.on(bad))

    def out(self, worker: str) -> bool:
        """Whether it failed too often to be trusted with another clip."""
        with self._changed:
            return self._health.out(worker)

    def in_doubt(self, worker: str) -> bool:
        """Whether more than one failure speaks against it: a fresh process may do better."""
        with self._changed:
            return self._health.strikes(worker) > 1

    def join(self, worker: str) -> None:
        """It will be started, or started again, nobody knows where."""
        with self._changed:
            self._health.join(worker)
            self._changed.notify_all()  # what failed there may be for those that run

    def started(self, worker: str, node: str) -> None:
        with self._changed:
            self._tell_losses(self._queue.started(worker, node))
            self._changed.notify_all()

    def failed_to_start(self, worker: str) -> None:
        with self._changed:
            self._health.failed_to_start(worker)

    def expect(self, workers: int) -> None:
        """So many workers outlived the keeper before this one: until each has said what it renders (`said`), no lease
        is given for what one of them may have."""
        with self._changed:
            self._asked += workers

    def said(self) -> None:
        """One of those renders nothing, or is gone; `found` says it of the others."""
        with self._changed:
            self._asked -= 1
            self._changed.notify_all()

    def found(self, worker: str, job: Job, seconds: float) -> Lease | None:
        """A worker that renders already: it has the lease, as soon as a film comes that wants the clip; None if none
        comes in time, or another worker has it."""
        name = job.clip.fingerprint
        with self._changed:
            self._asked -= 1
            self._changed.notify_all()
            if self._queue.wanted_by(name):
                return self._queue.lease_to(worker, name, steady())
            self._found[name] = worker
            self._changed.wait_for(lambda: self.stopping or worker in self._given, seconds)
            self._found.pop(name, None)
            return self._given.pop(worker, None)

    def lease(self, worker: str, warm: Collection[str], seconds: float | None = None) -> Lease | None:
        """Waited for; None when the pool stops, nothing came in time, or the worker can render nothing of what is left
        where it is."""
        deadline = None if seconds is None else time.monotonic() + seconds
        with self._changed:
            while not self.stopping:
                lease = None if self._asked else self._queue.lease(worker, warm, steady())
                if lease is not None:
                    return lease
                late = deadline is not None and time.monotonic() >= deadline
                if late or (self._queue.unsettled and self._queue.useless(worker)):
                    return None
                self._changed.wait(ASK_SECONDS)
        return None

    def useless(self, worker: str) -> bool:
        """Whether there is something left, and nothing that the worker can render where it is."""
        with self._changed:
            return self._queue.unsettled > 0 and self._queue.useless(worker)

    def job(self, lease: Lease) -> Job:
        with self._changed:
            return Job(lease.clip, self._renderers[lease.clip.fingerprint], lease.attempt, lease.useful, self._keeper)

    def holds(self, worker: str, models: frozenset[str]) -> None:
        """What a worker that renders holds by now."""
        with self._changed:
            self._queue.holds(worker, models)

    def ahead(self, worker: str) -> Ahead | None:
        """What a worker that renders will have to load when it is done, as far as can be foreseen."""
        with self._changed:
            clip = self._queue.next_load(worker, time.time())
            return None if clip is None else Ahead(clip.spec.variant, self._renderers[clip.fingerprint])

    def begun(self, lease: Lease, worker: str, gpu: str = "", members: int = 1) -> None:
        """Said here: what a worker says last before it is killed may not arrive."""
        with self._changed:
            wanted = self._queue.wanted_by(lease.clip.fingerprint)
            payer = next((film for film in self._films if film in wanted), "")
            started = Started(lease.clip.fingerprint, worker, lease.attempt, gpu, payer, members)
            self._running[started.fingerprint] = started
        self.tell(started)

    def finished(self, clip: Clip, event: Finished) -> None:
        with self._changed:
            load = event.record.seconds.get("load")
            if load and not event.cached:
                self._queue.learn_load_seconds(clip.spec.variant, load)
            if self._metrics is not None and not event.cached:
                self._metrics.rendered(clip.spec.variant, event.record.seconds)
            self._ended(clip.fingerprint)
            self._tell(event, self._queue.finish(clip.fingerprint))
            self._renderers.pop(clip.fingerprint, None)
            self._changed.notify_all()

    def dropped(self, clip: Clip) -> None:
        """A leased clip was given up, or handed back: whoever still wants it has it rendered by another worker."""
        with self._changed:
            running = self._running.get(clip.fingerprint)
            self._ended(clip.fingerprint)
            self._queue.dropped(clip.fingerprint)
            if running is not None:
                given_back = Failed(clip.fingerprint, running.worker, GIVEN_BACK, final=False, lost=True)
                self._tell(given_back, self._queue.wanted_by(clip.fingerprint))
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
            self._ended(fault.fingerprint)
            wanted = self._queue.wanted_by(fault.fingerprint)
            if not wanted:
                self._queue.dropped(fault.fingerprint)
                return
            if self._metrics is not None:
                self._metrics.retried()
            losses = self._queue.fail(replace(fault, message=f"{node}: {fault.message}") if on_node else fault)
            if all(loss.fingerprint != fault.fingerprint for loss in losses):
                self._tell(Failed(fault.fingerprint, place, fault.message, final=False, lost=fault.lost), wanted)
            self._tell_losses(losses, "" if on_node else place, fault)
            self._changed.notify_all()

    def retire(self, worker: str, place: str, why: str, *, quietly: bool = False) -> None:
        """It is not used any more, for a reason of its own ("": what is known of its machine); `quietly`: since there
        is nothing to do."""
        with self._changed:
            if not (quietly or self.stopping):
                reason = why or self._health.why_barred(worker)
                self._tell(Log("", logging.WARNING, f"{place} is out of use: {reason}"), self._films)
            self._tell_losses(self._queue.leave(worker, f"{place}: {why}" if why else ""))
            self._changed.notify_all()

    def _ended(self, fingerprint: str) -> None:
        self._running.pop(fingerprint, None)

    def _forget_renderers(self) -> None:
        for name in [name for name in self._renderers if not self._queue.wanted_by(name)]:
            del self._renderers[name]

    def _tell_losses(self, losses: Sequence[Loss], place: str = "", fault: Fault | None = None) -> None:
        for loss in losses:
            if loss.because_of == loss.fingerprint:
                lost = fault is not None and fault.lost and fault.fingerprint == loss.fingerprint
                damaged = fault.damaged if fault is not None else ()
                event = Failed(loss.fingerprint, place, loss.why, final=True, damaged=damaged, lost=lost)
            else:
                message = "not rendered: a clip it starts from failed"
                event = Failed(loss.fingerprint, "", message, final=True, because_of=loss.because_of)
            self._tell(event, loss.films)
            self._renderers.pop(loss.fingerprint, None)

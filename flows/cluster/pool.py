"""The pool: owns the queue of clips, their attempts and leases, and the workers; the only layer that retries.

One thread a worker leases clips, follows the worker's stream of events, and replaces a worker that died. Everything
that happens comes out of `Pool.events`, in order.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from flows.cluster.queue import ClipQueue, Lease
from flows.cluster.remote import NoRoomNow, RemoteWorker, WorkerDied
from flows.cluster.renderers import RendererSpec
from flows.cluster.room import check_eight_bits, size_workers
from flows.cluster.session import RaySession
from flows.cluster.strikes import Strikes
from flows.cluster.worker import Warm
from flows.events import Event, Failed, Finished, Progress, Started
from flows.plan.model import Clip
from flows.settings import ClusterSettings

STOP_SECONDS = 5.0
"""How long cancelled workers may take to come to the end of their step before their processes are ended."""

LOOK_SECONDS = 1.0
"""How often the pool looks whether a worker has gone silent."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _End:
    """Nothing more will happen; `error` when the pool could not start, or one of its threads failed."""

    error: BaseException | None = None


def open_pool(
    settings: ClusterSettings, renderer: RendererSpec, store_address: str, *, most: int | None = None
) -> Pool:
    """A pool that is starting in the background, with at most `most` workers: more would have nothing to do."""
    return Pool(settings, renderer, store_address, most=most)


class Pool:
    """Renders clips on Ray workers. Use as a context manager, or call `close`."""

    def __init__(
        self, settings: ClusterSettings, renderer: RendererSpec, store_address: str, *, most: int | None = None
    ) -> None:
        self._settings = settings
        self._renderer = renderer
        self._store_address = store_address
        self._most = most
        self._queue = ClipQueue(settings.attempts)
        self._changed = threading.Condition()
        self._events: queue.SimpleQueue[Event | _End] = queue.SimpleQueue()
        self._stopping = False
        self._closing = threading.Event()
        self._workers: dict[str, RemoteWorker] = {}
        self._threads: list[threading.Thread] = []
        self._keeper = threading.Thread(target=self._keep, name="pool", daemon=True)
        self._keeper.start()

    def submit(self, clips: Sequence[Clip]) -> None:
        """Render these; upstreams that were never submitted are taken to be in the store."""
        with self._changed:
            self._queue.add(clips)
            self._changed.notify_all()

    def events(self) -> Iterator[Event]:
        """What happens, as it happens, until everything submitted is finished or lost, or the pool is stopped.

        Raises EnvironmentProblem when the pool cannot start: no cluster at the address, or no room for a worker. What
        a thread of the pool fails with, by a mistake of ours, is raised here too: nobody waits for it forever.
        """
        while not isinstance(event := self._next_event(), _End):
            yield event
        if event.error is not None:
            raise event.error

    def pending(self) -> Iterator[Event]:
        """What has happened and was not told yet; never waits."""
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, _End):
                self._events.put(event)  # for `events`
                return
            yield event

    def cancel(self) -> None:
        """Stop: no further clip is begun, running ones are cancelled; `events` ends. Finished clips stay finished."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            workers, threads = list(self._workers.values()), list(self._threads)
        for worker in workers:
            worker.cancel()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for worker in workers:
            worker.end()
        self._events.put(_End())

    def close(self) -> None:
        """Cancel what runs, end the workers, and the Ray that was started for them."""
        self.cancel()
        self._closing.set()
        self._keeper.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next_event(self) -> Event | _End:
        while True:
            try:
                return self._events.get(timeout=0.1)  # looks up often, so that Ctrl-C is seen
            except queue.Empty:
                with self._changed:
                    if self._queue.unsettled == 0 and self._events.empty():
                        return _End()

    def _keep(self) -> None:
        """Connect to Ray, start the workers, and look after them until the end."""
        try:
            self._events.put(Progress("", "ray", 0, 1))
            session = RaySession(self._settings)
            self._events.put(Progress("", "ray", 1, 1))
        except BaseException as error:  # noqa: BLE001  # not swallowed: `events` raises it
            self._events.put(_End(error))
            return
        try:
            self._start_workers(session)
        except BaseException as error:  # noqa: BLE001
            self._events.put(_End(error))
        while not self._closing.wait(LOOK_SECONDS):
            with self._changed:
                workers = list(self._workers.values())
            for worker in workers:
                worker.end_if_silent(self._settings.silence_timeout)
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        session.close()

    def _start_workers(self, session: RaySession) -> None:
        """A thread for every worker there is room for. Raises EnvironmentProblem when there is room for none."""
        nodes = session.nodes()
        size = size_workers(self._settings, self._renderer.device, nodes, self._most)
        if self._renderer.eight_bits:
            check_eight_bits(nodes)
        timeout = self._settings.start_timeout
        with self._changed:
            if self._stopping:
                return
            for number in range(1, size.workers + 1):
                name = f"worker-{number}"
                worker = RemoteWorker(session, name, size, self._renderer, self._store_address, timeout)
                self._workers[name] = worker
                thread = threading.Thread(target=self._live, args=(worker, session), name=name, daemon=True)
                self._threads.append(thread)
            self._events.put(Progress("", "workers", 0, size.workers))
            for thread in self._threads:
                thread.start()  # under the lock: `cancel` joins what it finds, and only begun threads can be joined

    def _live(self, worker: RemoteWorker, session: RaySession) -> None:
        """A worker's thread: what nobody expected ends the pool, or its clip would be waited for without end."""
        try:
            self._serve(worker, session)
        except BaseException as error:
            if self._stopping:
                raise
            self._events.put(_End(error))

    def _serve(self, worker: RemoteWorker, session: RaySession) -> None:
        """The life of one worker: start, render clip after clip, be replaced when dead, retire if it keeps failing."""
        strikes = Strikes()
        while not self._stopping and not strikes.out:
            lease: Lease | None = None
            shared = session.shared
            try:
                if not worker.running:
                    facts = worker.start()
                    logger.info("%s is process %d on %s", worker.name, facts.pid, facts.node)
                lease = self._wait_for_lease(worker)
                if lease is None:
                    return
                self._follow(worker, lease, strikes)
            except NoRoomNow as reason:
                if shared:
                    continue  # with another pool of this process, whose workers will go
                strikes.add(None, str(reason))
                break
            except WorkerDied as death:
                worker.end()
                strikes.add(lease.clip.fingerprint if lease else None, str(death))
                if lease is not None:
                    self._failed(Failed(lease.clip.fingerprint, worker.name, f"worker died: {death}", final=False))
        worker.end()
        self._retire(worker, strikes.last)

    def _wait_for_lease(self, worker: RemoteWorker) -> Lease | None:
        with self._changed:
            while not self._stopping:
                running = sum(other.running for other in self._workers.values())
                lease = self._queue.lease(worker.name, worker.warm, running)
                if lease is not None:
                    return lease
                self._changed.wait()
        return None

    def _follow(self, worker: RemoteWorker, lease: Lease, strikes: Strikes) -> None:
        """Pass on what the worker says about one clip. Raises WorkerDied."""
        # said here: what a worker says last before it is killed may not arrive
        self._events.put(Started(lease.clip.fingerprint, worker.name, lease.attempt))
        for message in worker.render(lease.clip):
            match message:
                case Warm():
                    worker.warm = message.variants
                case Finished():
                    strikes.clear()
                    self._finished(lease.clip, message)
                    return
                case Failed():
                    if not message.final and strikes.add(message.fingerprint, message.message) > 1:
                        worker.end()  # a fresh process, in case it is this one's state
                    self._failed(message)
                    return
                case _:
                    self._events.put(message)
        if not self._stopping:
            raise WorkerDied("it ended without a result")

    def _finished(self, clip: Clip, event: Finished) -> None:
        with self._changed:
            self._events.put(event)
            load = event.record.seconds.get("load")
            if load and not event.cached:
                self._queue.learn_load_seconds(clip.variant, load)
            self._queue.finish(clip.fingerprint)
            self._changed.notify_all()

    def _failed(self, event: Failed) -> None:
        if self._stopping:
            return
        with self._changed:
            losses = self._queue.fail(event.fingerprint, retry=not event.final)
            self._events.put(replace(event, final=bool(losses)))
            for loss in losses[1:]:
                message = "not rendered: a clip it starts from failed"
                self._events.put(Failed(loss.fingerprint, "", message, final=True, because_of=loss.because_of))
            self._changed.notify_all()

    def _retire(self, worker: RemoteWorker, reason: str) -> None:
        """A worker is not used any more; when it was the last one, nothing more can be rendered."""
        with self._changed:
            if self._stopping:
                return
            del self._workers[worker.name]
            logger.warning("%s is out of use: %s", worker.name, reason)
            if not self._workers:
                for loss in self._queue.lose_all():
                    self._events.put(Failed(loss.fingerprint, "", f"no worker is left: {reason}", final=True))
            self._changed.notify_all()

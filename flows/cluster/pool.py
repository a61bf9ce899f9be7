"""The pool: owns the queue of clips, their attempts and leases, and the workers; the only layer that retries.

One thread a worker (`flows.cluster.career`) leases clips from the board (`flows.cluster.board`). Everything that
happens comes out of `Pool.events`, in order.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from flows.cluster.board import Board, End
from flows.cluster.career import Career
from flows.cluster.patience import Patience
from flows.cluster.remote import RemoteWorker
from flows.cluster.renderers import RendererSpec
from flows.cluster.room import WorkerSize, check_eight_bits, size_workers
from flows.cluster.session import RaySession
from flows.events import Event, Log, Progress
from flows.planning.model import Clip
from flows.settings import ClusterSettings
from flows.store import open_store

STOP_SECONDS = 5.0
"""How long cancelled workers may take to come to the end of their step before their processes are ended."""

LOOK_SECONDS = 1.0
"""How often the pool looks whether a worker has gone silent, or all of them wait for room."""


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
        self._board = Board(settings.attempts)
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._workers: list[RemoteWorker] = []
        self._threads: list[threading.Thread] = []
        self._patience = Patience()
        self._keeper = threading.Thread(target=self._keep, name="pool", daemon=True)
        self._keeper.start()

    def submit(self, clips: Sequence[Clip]) -> None:
        """Render these; upstreams that were never submitted are taken to be in the store."""
        self._board.submit(clips)

    def events(self) -> Iterator[Event]:
        """What happens, as it happens, until everything submitted is finished or lost, or the pool is stopped.

        Raises EnvironmentProblem when the pool cannot start: no cluster at the address, or one that can never hold a
        worker (room that others hold is waited for). What a thread of the pool fails with, by a mistake of ours, is
        raised here too: nobody waits for it forever.
        """
        while not isinstance(event := self._board.next_event(), End):
            yield event
        if event.error is not None:
            raise event.error

    def pending(self) -> Iterator[Event]:
        """What has happened and was not told yet; never waits."""
        return self._board.pending()

    def cancel(self) -> None:
        """Stop: no further clip is begun, running ones are cancelled; `events` ends. Finished clips stay finished."""
        with self._starting:
            self._board.stop()
        for worker in self._workers:
            worker.cancel()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for worker in self._workers:
            worker.leave()
        self._board.tell(End())

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

    def _keep(self) -> None:
        """Connect to Ray, start the workers, and look after them until the end."""
        try:
            self._board.tell(Progress("", "ray", 0, 1))
            session = RaySession(self._settings, lambda: self._board.stopping)
            self._board.tell(Progress("", "ray", 1, 1))
        except BaseException as error:  # noqa: BLE001  # not swallowed: `events` raises it
            self._board.tell(End(error))
            return
        try:
            self._look_after(session, self._start_workers(session))
        except BaseException as error:  # noqa: BLE001  # not swallowed: `events` raises it
            self._board.tell(End(error))
            self._closing.wait()
        finally:
            for thread in self._threads:
                thread.join(STOP_SECONDS)
            session.close()

    def _look_after(self, session: RaySession, size: WorkerSize) -> None:
        """Until the pool closes."""
        while not self._closing.wait(LOOK_SECONDS):
            for worker in self._workers:
                worker.end_if_silent(self._settings.silence_timeout)
            self._say_waiting(session, size)

    def _start_workers(self, session: RaySession) -> WorkerSize:
        """A thread for every worker there is room for. Raises EnvironmentProblem when there can be room for none."""
        nodes = session.nodes()
        size = size_workers(self._settings, self._renderer.device, nodes, self._most)
        if self._renderer.eight_bits:
            check_eight_bits(nodes)
        store, timeout = open_store(self._store_address), self._settings.start_timeout
        with self._starting:  # `cancel` joins what it finds, and only begun threads can be joined
            if self._board.stopping:
                return size
            for number in range(1, size.workers + 1):
                worker = RemoteWorker(session, f"worker-{number}", size, self._renderer, store, timeout)
                self._workers.append(worker)
                self._board.join(worker.name)
            for worker in self._workers:
                career = Career(worker, self._board, session, size, self._settings.autoscaling)
                thread = threading.Thread(target=self._live, args=(career,), name=worker.name, daemon=True)
                self._threads.append(thread)
            self._board.tell(Progress("", "workers", 0, size.workers))
            for thread in self._threads:
                thread.start()
        return size

    def _say_waiting(self, session: RaySession, size: WorkerSize) -> None:
        """Others hold the cluster: nobody shall take it for a film that hangs."""
        waiting = any(worker.waiting for worker in self._workers) and not any(one.running for one in self._workers)
        if self._patience.due(waiting, time.time()):
            told = size.waiting(self._patience.since, session.free(), session.nodes())
            self._board.tell(Log("", logging.WARNING, told))

    def _live(self, career: Career) -> None:
        """A worker's thread: what nobody expected ends the pool, or its clip would be waited for without end."""
        try:
            career.run()
        except BaseException as error:
            if self._board.stopping:
                raise
            self._board.tell(End(error))

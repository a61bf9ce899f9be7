"""The keeper of a pool: a named actor that owns the queue and the workers of all films on a cluster.

Its state is soft. A film's driver knows its clips and says them again to a keeper that has been restarted; workers that
render go on meanwhile, and are found again. What people changed by hand is a note in the store.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from flows.cluster.dispatcher import Dispatcher
from flows.cluster.manual import ManualChanges
from flows.cluster.metrics import PoolMetrics
from flows.cluster.outbox import Told
from flows.cluster.queue import FilmOrder, Waiting
from flows.cluster.renderers import RendererSpec
from flows.cluster.scaler import Scaler
from flows.cluster.session import RaySession
from flows.cluster.status import FilmStatus, PoolStatus, WorkerStatus
from flows.cluster.terms import Terms, versions
from flows.events import Event, Log
from flows.planning.model import Clip
from flows.store import open_store

LOOK_SECONDS = 0.5
"""How often the keeper looks after its workers and films."""
MEASURE_SECONDS = 5.0
"""How often the metrics say how the queue stands."""
DRIVER_SECONDS = 30.0
"""A film whose driver has given no sign of life for so long is given up."""


class Keeper:
    """Called by the drivers of films (`flows.cluster.pool`) and by `wanflow pool`; many calls at once."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._metrics = None if terms.own else PoolMetrics(terms.name)
        self._measured = 0.0
        self._dispatcher = Dispatcher(terms.settings.attempts, self._metrics)
        self._session = RaySession(terms.settings)
        self._scaler = Scaler(self._session, terms, self._dispatcher, self._broken)
        self._manual = ManualChanges(None if terms.own else open_store(terms.store_address), terms.name)
        self._orders: dict[str, FilmOrder] = {}
        self._heard: dict[str, float] = {}
        self._idle_since = time.monotonic()
        self._draining = False
        self._error: BaseException | None = None
        self._since = time.time()
        self._took_over = terms.own
        if self._manual.paused:
            self._dispatcher.change("", held=True)
        threading.Thread(target=self._look_after, name="keeper", daemon=True).start()

    # For drivers

    def versions(self) -> Mapping[str, str]:
        """What is installed where the pool runs."""
        return versions()

    def terms(self) -> Terms:
        """What the pool is."""
        return self._terms

    def pid(self) -> int:
        """The process that the keeper is."""
        return os.getpid()

    def takes_films(self) -> bool:
        """Not when it is drained."""
        return not self._draining

    def checkpoints(self, renderer: RendererSpec, variants: Collection[str]) -> Mapping[str, Mapping[str, str | None]]:
        """The revision of each variant by machine, of a pool that has workers."""
        return self._scaler.checkpoints(renderer, variants)

    def enrol(self, order: FilmOrder, renderer: RendererSpec) -> None:
        """A film has come, or has come again."""
        self._prepare(renderer)
        order = replace(order, priority=self._manual.priority(order.film, order.priority))
        self._orders[order.film] = order
        self._heard[order.film] = time.monotonic()
        self._dispatcher.enrol(order)
        if self._manual.held(order.film):
            self._dispatcher.change(order.film, held=True)

    def submit(self, film: str, clips: Sequence[Clip], renderer: RendererSpec) -> None:
        """Render these. Nothing happens if the film is not known (any more): its driver learns it when it listens."""
        if film in self._dispatcher.films:
            self._dispatcher.submit(film, clips, renderer)
            self._scaler.look()

    def listen(self, film: str, after: int, seconds: float) -> Told | None:
        """What happened, waited for so long; a sign of life of the driver. None: the film is not known (any more).
        Raises what the pool has broken with."""
        if self._error is not None:
            raise self._error
        if film in self._orders:
            self._heard[film] = time.monotonic()
        return self._dispatcher.listen(film, after, seconds)

    def withdraw(self, film: str, after: int = 0) -> tuple[Event, ...]:
        """A film is done, or given up; returns when nothing is rendered for it alone any more, with what happened from
        the event number `after` on."""
        last = self._dispatcher.listen(film, after, 0.0)
        unwanted = self._dispatcher.withdraw(film)
        self._orders.pop(film, None)
        self._heard.pop(film, None)
        self._manual.forget(film)
        if unwanted:
            self._scaler.stop(unwanted)
        return () if last is None else last.events

    def leave_out(self, film: str, fingerprints: Collection[str]) -> frozenset[str]:
        """A film does without these clips: which of them are not begun, and will not be for it."""
        return self._dispatcher.leave_out(film, fingerprints)

    # For people

    def stay(self, renderer: RendererSpec) -> None:
        """Be there until `down`, with as many workers as `cluster.min_workers` says."""
        self._manual.stay()
        self._prepare(renderer)
        self._scaler.look()

    def status(self) -> PoolStatus:
        """The pool, its workers and its films."""
        nodes = self._session.nodes()
        return PoolStatus(
            name=self._terms.name,
            store=self._terms.store_address,
            since=self._since,
            paused=self._manual.paused,
            draining=self._draining,
            most_workers=self._terms.size.fit(nodes),
            workers=tuple(
                WorkerStatus(
                    worker.name,
                    worker.facts.node,
                    worker.state,
                    worker.clip,
                    worker.since,
                    tuple(sorted(worker.warm)),
                    self._terms.size.members,
                )
                for worker in self._scaler.workers
            ),
            films=tuple(
                FilmStatus(order.film, order.title, order.priority, order.deadline, order.since, held, left)
                for order in self._orders.values()
                for held, left in [(self._manual.held(order.film), self._dispatcher.left(order.film))]
            ),
        )

    def queue(self) -> tuple[Waiting, ...]:
        """Every clip that is not rendered yet, in the order it would be."""
        return self._dispatcher.waiting()

    def hold(self, film: str, held: bool) -> None:
        """Begin nothing more of a film (of any: ""), or go on; what is being rendered is finished."""
        self._manual.hold(film, held)
        self._dispatcher.change(film, held=held)

    def move(self, film: str, priority: int) -> None:
        """Give a film another priority: the higher goes first."""
        self._manual.move(film, priority)
        if film in self._orders:
            self._orders[film] = replace(self._orders[film], priority=priority)
        self._dispatcher.change(film, priority=priority)

    def cancel(self, film: str) -> None:
        """End the rendering of a film: its driver is told, as if it had been stopped there."""
        self._dispatcher.call_off(film)

    def drain(self) -> None:
        """Take no more films, and end when those that are there are done."""
        self._draining = True

    def down(self) -> None:
        """End everything now: whoever calls has to end this process, since it cannot answer then."""
        self._dispatcher.stop()
        self._scaler.close()
        self._manual.clear()

    def _prepare(self, renderer: RendererSpec) -> None:
        """What workers start with is known now; those that outlived the keeper before this one are found."""
        self._scaler.renderer = self._scaler.renderer or renderer
        if not self._took_over:
            self._took_over = True
            self._scaler.take_over(renderer)

    def _broken(self, error: BaseException) -> None:
        self._error = self._error or error

    def _look_after(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                self._scaler.look()
                self._scaler.greet()
                self._give_up_the_lost()
                self._measure()
                if self._over():
                    self._leave()
            except BaseException as error:  # noqa: BLE001  # not swallowed: `listen` raises it
                self._broken(error)

    def _measure(self) -> None:
        """Every few seconds."""
        if self._metrics is None or time.monotonic() - self._measured < MEASURE_SECONDS:
            return
        self._measured = time.monotonic()
        self._metrics.queue(self._dispatcher.waiting(), len(self._dispatcher.films))
        self._metrics.workers(worker.state for worker in self._scaler.workers)

    def _give_up_the_lost(self) -> None:
        now = time.monotonic()
        for film, heard in list(self._heard.items()):
            if now - heard > DRIVER_SECONDS and film in self._orders:
                self._dispatcher.tell(
                    Log("", logging.WARNING, f"the driver of {self._orders[film].title} has gone: it is given up")
                )
                self.withdraw(film)

    def _over(self) -> bool:
        """Whether the pool has been without films for long enough, or is drained."""
        if self._dispatcher.films or self._terms.own or (self._manual.stays and not self._draining):
            self._idle_since = time.monotonic()
            return False
        return self._draining or time.monotonic() - self._idle_since > self._terms.settings.idle_timeout

    def _leave(self) -> None:
        self.down()
        self._session.end_named(self._terms.keeper)
        time.sleep(LOOK_SECONDS)
        os._exit(0)

"""The pool as a film sees it: clips go in, and what happens to them comes out.

Queue, attempts, leases and workers are the keeper's (`flows.cluster.keeper`), which films on one cluster share. A film
that renders on this machine alone has a keeper of its own, in a Ray of its own.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import TracebackType
from typing import Any, Self

from flows.cluster.finding import keeper_of
from flows.cluster.outbox import Told
from flows.cluster.queue import FilmOrder
from flows.cluster.renderers import RendererSpec
from flows.cluster.session import NAMESPACE, RaySession
from flows.cluster.terms import Terms, terms_of
from flows.cluster.weights import check_checkpoints
from flows.errors import ClusterLost, Stopped
from flows.events import Event, Failed, Finished, Log, Progress, Started
from flows.moments import moment
from flows.planning.model import Clip
from flows.settings import ClusterSettings

LISTEN_SECONDS = 5.0
"""How long the keeper keeps a question open while nothing happens; each one is a sign of life."""
ANSWER_SECONDS = 25.0
"""What its answer may take on top of that."""
STOP_SECONDS = 8.0
"""What the keeper may take to free the workers of a film that is stopped."""
LOOK_SECONDS = 0.1

logger = logging.getLogger(__name__)


def open_pool(
    settings: ClusterSettings,
    renderer: RendererSpec,
    store_address: str,
    *,
    title: str = "",
) -> Pool:
    """A pool that is being found, or started, in the background. `title`: of the film, for people."""
    return Pool(settings, renderer, store_address, title=title)


@dataclass(frozen=True, slots=True)
class _End:
    """Nothing more will happen. `error`: why, if it was not to be expected."""

    error: BaseException | None = None


@dataclass(slots=True, eq=False)
class _LeaveOut:
    """Clips to do without, and those that are left when it is done."""

    clips: frozenset[str]
    left: frozenset[str] = frozenset()
    done: threading.Event = field(default_factory=threading.Event)


class Pool:
    """Renders the clips of one film. Use as a context manager, or call `close`."""

    def __init__(
        self,
        settings: ClusterSettings,
        renderer: RendererSpec,
        store_address: str,
        *,
        title: str = "",
    ) -> None:
        self._settings = settings
        self._renderer = renderer
        self._store_address = store_address
        now = time.time()
        self._order = FilmOrder(
            film=uuid.uuid4().hex[:12],
            title=title,
            priority=settings.priority,
            deadline=None if settings.deadline is None else moment(settings.deadline, now),
            since=now,
        )
        self._clips: dict[str, Clip] = {}
        self._unsent: list[Clip] = []
        self._renderers: dict[str, RendererSpec] = {}
        self._checked: set[tuple[str, str]] = set()
        self._after = 0
        self._lock = threading.Lock()
        self._events: queue.SimpleQueue[Event | _End] = queue.SimpleQueue()
        self._cancelled, self._freed = threading.Event(), threading.Event()
        self._held, self._told_held = threading.Event(), False
        self._to_leave: queue.SimpleQueue[_LeaveOut] = queue.SimpleQueue()
        self._session: RaySession | None = None
        self._film = threading.Thread(target=self._live, name="pool", daemon=True)
        self._film.start()

    def submit(self, clips: Sequence[Clip], renderer: RendererSpec | None = None) -> None:
        """Render these, with that renderer (None: the film's), for the same device; upstreams that were never submitted
        are taken to be in the store."""
        with self._lock:
            if renderer is not None:
                self._renderers.update({clip.fingerprint: renderer for clip in clips})
            self._clips.update({clip.fingerprint: clip for clip in clips})
            self._unsent.extend(clips)

    def events(self) -> Iterator[Event]:
        """What happens, as it happens, until everything submitted is finished or lost, or the pool is stopped.

        Raises EnvironmentProblem when there can be no pool: no cluster at the address, one that can never hold a
        worker (room that others hold is waited for), or a pool of another kind; ClusterLost when Ray is gone; Stopped
        when somebody calls the film off. What a thread fails with, by a mistake of ours, is raised here too.
        """
        while True:
            try:
                event = self._events.get(timeout=LOOK_SECONDS)  # looks up often, so that Ctrl-C is seen
            except queue.Empty:
                if self._settled():
                    return
                self._check_cluster()
                continue
            if isinstance(event, _End):
                self._check_cluster()
                if event.error is not None:
                    raise event.error
                return
            yield event

    def pending(self) -> Iterator[Event]:
        """What has happened and was not told yet; never waits. What the pool ended with is for `events`."""
        ends = []
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, _End):
                ends.append(event)
            else:
                yield event
        for end in ends:
            self._events.put(end)

    def hold(self) -> None:
        """Begin no further clip; what is being rendered is finished. Returns at once."""
        self._held.set()

    def leave_out(self, fingerprints: Collection[str]) -> frozenset[str]:
        """Do without these clips, and whatever waits for one is among them. Returns those that are left: of them
        nothing is heard any more. What is being rendered is not, nor anything of a pool that does not answer."""
        with self._lock:
            unsent = frozenset(clip.fingerprint for clip in self._unsent if clip.fingerprint in fingerprints)
            self._unsent = [clip for clip in self._unsent if clip.fingerprint not in unsent]
            for name in unsent:
                self._clips.pop(name)
            rest = frozenset(fingerprints) & self._clips.keys()
        if not rest:
            return unsent
        asked = _LeaveOut(rest)
        self._to_leave.put(asked)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not asked.done.wait(LOOK_SECONDS) and self._film.is_alive() and time.monotonic() < deadline:
            pass
        return unsent | asked.left

    def cancel(self) -> None:
        """Stop: no further clip is begun, running ones are cancelled; `events` ends. Finished clips stay finished."""
        self._cancelled.set()
        self._freed.wait(STOP_SECONDS + ANSWER_SECONDS)
        self._events.put(_End())

    def close(self) -> None:
        """Cancel what runs, and leave: a pool of the film's own ends, and the Ray that was started for it."""
        self.cancel()
        while self._film.is_alive() and not self._lost:  # of a Ray that is gone, it waits for an answer without end
            self._film.join(LOOK_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _lost(self) -> str:
        return "" if self._session is None else self._session.lost

    def _check_cluster(self) -> None:
        """Raises ClusterLost."""
        if self._lost:
            self._cancelled.set()
            self._freed.set()
            address = self._settings.address
            which = f"the Ray cluster at cluster.address={address}" if address else "the Ray of this film"
            fix = "when it is there again, the same command" if address else "the same command"
            raise ClusterLost(f"{which} is gone: {self._lost}; finished takes are kept\n    {fix} goes on from there")

    def _settled(self) -> bool:
        with self._lock:
            return not self._clips and self._events.empty()

    def _live(self) -> None:
        """Connect to Ray, and be there until the film is cancelled."""
        try:
            self._events.put(Progress("", "ray", 0, 1))
            self._session = session = RaySession(self._settings, self._cancelled.is_set)
            self._events.put(Progress("", "ray", 1, 1))
        except BaseException as error:  # noqa: BLE001  # not swallowed: `events` raises it
            self._freed.set()
            self._events.put(_End(error))
            return
        try:
            self._take_part(session)
        except BaseException as error:  # noqa: BLE001  # not swallowed: `events` raises it
            self._events.put(_End(error))
        finally:
            self._freed.set()
            session.close()

    def _take_part(self, session: RaySession) -> None:
        """Raises EnvironmentProblem when there can be no pool, Stopped when the film was called off."""
        own = f"own-{self._order.film}" if self._settings.address is None else ""
        terms = terms_of(self._settings, self._renderer, self._store_address, session.nodes(), own)
        try:
            while not self._over(session):
                self._follow(session.ray, keeper_of(session, terms, lambda: self._over(session), self._say))
        finally:
            if not session.lost:
                self._leave(session, terms)

    def _over(self, session: RaySession) -> bool:
        """Whether nothing more is to be asked: after it is lost, Ray would start another one to answer."""
        return self._cancelled.is_set() or bool(session.lost)

    def _say(self, text: str) -> None:
        self._events.put(Log("", logging.WARNING, text))

    def _follow(self, ray: Any, keeper: Any) -> None:
        """Until the film is cancelled, or the keeper has gone or knows it no more: then it is told everything anew.
        Raises Stopped when the film was called off."""
        self._after, self._told_held = 0, False
        with self._lock:
            self._unsent = list(self._clips.values())
        try:
            ray.get(keeper.enrol.remote(self._order, self._renderer), timeout=ANSWER_SECONDS)
            while not self._cancelled.is_set():
                told = self._told(ray, keeper)
                if told is None:
                    return
                for event in told.events:
                    self._pass_on(event)
                self._after = told.after
                if told.called_off:
                    raise Stopped("the film was called off; finished takes are kept")
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error  # a mistake of ours in the keeper
        except ray.exceptions.RayError as error:
            logger.info("the keeper is looked for again: %s", error)
            time.sleep(LOOK_SECONDS)

    def _told(self, ray: Any, keeper: Any) -> Told | None:
        """None: the keeper does not know the film."""
        answer = keeper.listen.remote(self._order.film, self._after, LISTEN_SECONDS)
        deadline = time.monotonic() + LISTEN_SECONDS + ANSWER_SECONDS
        while not self._cancelled.is_set():
            self._send(ray, keeper)
            if self._held.is_set() and not self._told_held:
                ray.get(keeper.hold.remote(self._order.film, True), timeout=ANSWER_SECONDS)
                self._told_held = True
            self._leave_out(ray, keeper)
            if ray.wait([answer], timeout=LOOK_SECONDS)[0]:
                told: Told | None = ray.get(answer)
                return told
            if time.monotonic() > deadline:
                return None
        return Told((), self._after)

    def _send(self, ray: Any, keeper: Any) -> None:
        """What was submitted since. Raises EnvironmentProblem when the pool cannot render it."""
        with self._lock:
            clips, self._unsent = self._unsent, []
        if clips:
            for renderer, alike in self._by_renderer(clips):
                self._check_checkpoints(ray, keeper, alike, renderer)
                ray.get(keeper.submit.remote(self._order.film, alike, renderer), timeout=ANSWER_SECONDS)

    def _leave_out(self, ray: Any, keeper: Any) -> None:
        """What was asked for since. A keeper that has gone is not asked again: the next one is told of all clips."""
        while not self._to_leave.empty():
            asked = self._to_leave.get()
            try:
                left = ray.get(keeper.leave_out.remote(self._order.film, asked.clips), timeout=ANSWER_SECONDS)
                with self._lock:
                    for name in left:
                        self._clips.pop(name, None)
                asked.left = left
            finally:
                asked.done.set()

    def _by_renderer(self, clips: Sequence[Clip]) -> Iterator[tuple[RendererSpec, list[Clip]]]:
        """Clips in their order, those together that one renderer makes one after the other."""
        for renderer, alike in groupby(clips, lambda clip: self._renderers.get(clip.fingerprint, self._renderer)):
            yield renderer, list(alike)

    def _check_checkpoints(self, ray: Any, keeper: Any, clips: Sequence[Clip], renderer: RendererSpec) -> None:
        """Before a checkpoint is asked of a pool that others use too for the first time."""
        planned = {clip.spec.variant: clip.spec.checkpoint for clip in clips if clip.spec.checkpoint}
        unchecked = dict(sorted(planned.items() - self._checked))
        if self._settings.address is None or not unchecked:
            return
        self._checked |= unchecked.items()
        found = ray.get(keeper.checkpoints.remote(renderer, list(unchecked)), timeout=ANSWER_SECONDS)
        check_checkpoints(self._settings.pool, unchecked, found, renderer)

    def _pass_on(self, event: Event) -> None:
        """A clip that has ended may be submitted again as soon as that is heard."""
        if isinstance(event, Started) and event.film == self._order.film:
            event = replace(event, film="")
        with self._lock:
            if isinstance(event, Finished) or (isinstance(event, Failed) and event.final):
                self._clips.pop(event.fingerprint, None)
            self._events.put(event)

    def _leave(self, session: RaySession, terms: Terms) -> None:
        """The keeper forgets the film; a pool of the film's own ends. What was said last is still told."""
        ray = session.ray
        try:
            keeper = ray.get_actor(terms.keeper, namespace=NAMESPACE)
            last = ray.get(keeper.withdraw.remote(self._order.film, self._after), timeout=STOP_SECONDS)
            for event in last:
                self._pass_on(event)
            self._freed.set()
            if terms.own:
                ray.get(keeper.down.remote(), timeout=STOP_SECONDS)
        except (ValueError, ray.exceptions.RayError) as error:
            logger.info("the keeper could not be told that the film is over: %s", error)
        finally:
            if terms.own:
                session.end_named(terms.keeper)

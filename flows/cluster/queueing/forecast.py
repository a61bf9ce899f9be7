"""What workers will be given when they are done, by the queue's own rule: the next minutes, played on copies. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush

from flows.cluster.queueing.choice import Chooser
from flows.cluster.queueing.films import Films
from flows.cluster.queueing.graph import Entry, Graph
from flows.cluster.queueing.order import Order
from flows.cluster.queueing.places import Places
from flows.cluster.queueing.ready import Backlog, Ready
from flows.cluster.queueing.residency import Residency
from flows.planning.model import Clip

AHEAD_SECONDS = 120.0
"""What lies further ahead is not foreseen: a model's files are read in a minute, and everything may change."""
GOOD_SECONDS = 5.0
"""How long a forecast is taken to be good."""


class Foresight:
    """Over what a queue knows: forecasts are made of copies, and kept as long as they are good."""

    def __init__(
        self, graph: Graph, films: Films, places: Places, residency: Residency, order: Order, chooser: Chooser
    ) -> None:
        self._graph = graph
        self._films = films
        self._places = places
        self._residency = residency
        self._order = order
        self._chooser = chooser
        self._made = float("-inf")
        self._forecast: Mapping[str, Entry] = {}

    def next_load(self, worker: str, now: float) -> Clip | None:
        """The clip for which the worker will load a model that it does not hold. None: none, or not in the next
        `AHEAD_SECONDS`. Costs nothing while there is work for no other model than those that it holds."""
        post = self._residency.post(worker)
        if post is None or post.busy_until is None or post.busy_until > now + AHEAD_SECONDS:
            return None
        if self._places.backlog.clips.keys() <= post.holds:
            return None
        if not self._made <= now < self._made + GOOD_SECONDS:
            self._made, self._forecast = now, self._foresee(now)
        entry = self._forecast.get(worker)
        if entry is None or entry.model in post.holds or self._graph.get(entry.name) is not entry:
            return None
        return entry.clip

    def _foresee(self, now: float) -> Mapping[str, Entry]:
        films, residency, backlog = self._films.copy(), self._residency.copy(), self._places.backlog.copy()
        ready = self._places.ready.copy(films)
        order = self._order.copy(films, ready, backlog, residency)
        chooser = self._chooser.copy(order, backlog, residency)
        return Forecast(self._graph, ready, backlog, residency, order, chooser).play(now)


class Forecast:
    """The next minutes, if everybody takes as long as is thought and no film comes or goes. Changes what it is given,
    but for the graph."""

    def __init__(
        self, graph: Graph, ready: Ready, backlog: Backlog, residency: Residency, order: Order, chooser: Chooser
    ) -> None:
        self._graph = graph
        self._ready = ready
        self._backlog = backlog
        self._residency = residency
        self._order = order
        self._chooser = chooser
        self._rendering = {entry.leased_to: entry for entry in graph if entry.leased_to is not None}
        self._done: set[str] = set()

    def play(self, now: float) -> Mapping[str, Entry]:
        """What each worker, busy or idle, is given next, if that is within `AHEAD_SECONDS`."""
        given: dict[str, Entry] = {}
        posts = self._residency.posts()
        ends = [(max(now, post.busy_until), name) for name, post in posts.items() if post.busy_until is not None]
        idle = [name for name, post in posts.items() if post.busy_until is None]
        heapify(ends)
        while ends and ends[0][0] <= now + AHEAD_SECONDS:
            at, name = heappop(ends)
            self._finish(name)
            asking, idle = [name, *idle], []
            for one in asking:
                entry = self._lease(one, at)
                if entry is None:
                    idle.append(one)
                else:
                    given.setdefault(one, entry)
                    heappush(ends, (self._residency.free_at(one), one))
        return given

    def _finish(self, worker: str) -> None:
        """What its clip alone was waited for becomes ready."""
        entry = self._rendering.pop(worker, None)
        self._residency.done(worker)
        if entry is None:
            return
        self._done.add(entry.name)
        for follower in self._graph.followers(entry.name):
            if follower in self._backlog and follower.waits_for <= self._done:
                self._ready.put(follower)

    def _lease(self, worker: str, now: float) -> Entry | None:
        post = self._residency.post(worker)
        warm: frozenset[str] = post.holds if post is not None else frozenset()
        choice = self._chooser.choose(worker, warm, now)
        if choice is None:
            self._residency.idle(worker, warm, now)
            return None
        entry = choice.entry
        self._order.chosen(choice, now)
        self._residency.busy(worker, warm, entry.clip, now)
        self._backlog.count(entry, False)
        self._ready.take(entry)
        self._rendering[worker] = entry
        return entry

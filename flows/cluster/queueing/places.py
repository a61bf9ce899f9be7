"""Where each clip of the queue stands: it waits for others, it could be leased, or it is being rendered. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from flows.cluster.queueing.films import Films
from flows.cluster.queueing.graph import Entry, Graph
from flows.cluster.queueing.preparing import Preparing
from flows.cluster.queueing.ready import Backlog, Ready


class Places:
    """Keeps `ready` and `backlog` right, whatever becomes of a clip, the films that want it, or what it needs."""

    def __init__(self, graph: Graph, films: Films) -> None:
        self.ready = Ready(films)
        self.backlog = Backlog()
        self._graph = graph
        self._films = films
        self._preparing = Preparing()
        self._unstamped: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """A clip has come; `settle` gives it its place."""
        self._preparing.add(entry)

    def settle(self, names: Iterable[str]) -> None:
        """Each to its place, as it is with these clips now."""
        for name in list(names):
            entry = self._graph.get(name)
            if entry is not None:
                self._settle(entry)

    def stamp(self, now: float) -> None:
        """What became ready since somebody said the time, became so now."""
        for entry in self._unstamped:
            if entry.leased_to is None:
                entry.since = now
        self._unstamped.clear()
        self.ready.stamp(now)

    def leased(self, entry: Entry) -> None:
        self._settle(entry)
        self.settle(self._preparing.begin(entry))

    def returned(self, entry: Entry) -> None:
        """It is not leased any more."""
        self._settle(entry)
        self.settle(self._preparing.give_up(entry))

    def prepared(self, entry: Entry) -> None:
        """What it needed to have prepared is in the store."""
        self.settle(self._preparing.done(entry))

    def forget(self, entry: Entry) -> None:
        """It is not in the queue any more."""
        self.ready.take(entry)
        self.backlog.count(entry, False)
        self.settle(self._preparing.forget(entry))

    def _settle(self, entry: Entry) -> None:
        wanted = any(not self._films.is_held(film) for film in entry.films)
        idle = wanted and entry.leased_to is None
        self.backlog.count(entry, idle)
        if idle and not entry.waits_for and not self._preparing.holds_back(entry):
            if entry not in self.ready:
                self._unstamped.append(entry)
            self.ready.put(entry)
        else:
            self.ready.take(entry)

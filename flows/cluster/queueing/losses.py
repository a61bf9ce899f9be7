"""Which clips will not be rendered, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flows.cluster.failures import Blame
from flows.cluster.health import WorkerHealth
from flows.cluster.queueing.graph import Entry, Graph


@dataclass(frozen=True, slots=True)
class Loss:
    """A clip that will not be rendered, and the fingerprint of the one whose failure it follows from (its own, when
    it failed itself); `why` is for the latter. `films` wanted it."""

    fingerprint: str
    because_of: str
    why: str
    films: frozenset[str] = frozenset()


def given_up(entry: Entry, worker: str, blame: Blame, attempts: int, health: WorkerHealth) -> bool:
    """Whether the clip, which failed on the worker, is not tried again."""
    if blame is Blame.CLIP or entry.attempts >= attempts:
        return True
    alone = not health.another(worker, entry.name, entry.kind)
    return blame is Blame.LIKELY_CLIP and (entry.doubted or alone)


def stranded(graph: Graph, health: WorkerHealth) -> Iterator[tuple[str, str]]:
    """Clips that no worker can render, by name, and why. They may be taken out of the graph on the way."""
    for kind in graph.kinds:
        why = health.why_nobody(kind)
        if why is not None:
            for name in list(kind.names):
                entry = graph.get(name)
                if entry is not None and entry.leased_to is None:
                    yield name, why


def losses_by(cause: Entry, entries: tuple[Entry, ...], why: str) -> tuple[Loss, ...]:
    """Of these clips, which go with the first cause."""
    return tuple(Loss(entry.name, cause.name, why, frozenset(entry.films)) for entry in entries)

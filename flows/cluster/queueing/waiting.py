"""What `wanflow pool queue` shows: the clips in the order they would be leased in, and what each waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from flows.cluster.queueing.films import Films
from flows.cluster.queueing.graph import Entry, Graph

State: TypeAlias = Literal["running", "ready", "held", "preparing", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A clip that is not settled. `preparing`: another clip prepares the video that both need."""

    fingerprint: str
    films: Annotated[tuple[str, ...], "those that want it; none: it is being cancelled"]
    variant: str
    model: str
    state: State
    since: Annotated[float | None, "seconds since the epoch: running, or ready"] = None
    worker: Annotated[str | None, "who renders it"] = None
    waits_for: Annotated[tuple[str, ...], "fingerprints of clips"] = ()
    seconds: Annotated[float, "estimated"] = 0.0


def waiting(graph: Graph, films: Films, order: Sequence[Entry]) -> tuple[Waiting, ...]:
    """`order`: the ready clips that are not held, as they would be leased. Running clips come first, those that are
    held or wait for others last."""
    rows = [_row(entry, "running") for entry in graph if entry.leased_to is not None]
    rows += [_row(entry, "ready") for entry in order]
    listed = {row.fingerprint for row in rows}
    rest = sorted((entry for entry in graph if entry.name not in listed), key=lambda entry: entry.rank)
    return (*rows, *(_row(entry, _state(entry, films)) for entry in rest))


def _state(entry: Entry, films: Films) -> State:
    if films.all_held or all(films.is_held(film) for film in entry.films):
        return "held"
    return "waiting" if entry.waits_for else "preparing"


def _row(entry: Entry, state: State) -> Waiting:
    return Waiting(
        fingerprint=entry.name,
        films=tuple(sorted(entry.films)),
        variant=entry.clip.spec.variant,
        model=entry.model,
        state=state,
        since=entry.since,
        worker=entry.leased_to,
        waits_for=tuple(sorted(entry.waits_for)),
        seconds=entry.clip.estimated_seconds,
    )

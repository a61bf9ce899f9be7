"""How a pool stands, as `wanflow pool status` shows it: plain values that travel from the keeper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One worker."""

    name: str
    node: Annotated[str, "the machine it runs on; empty until it has started"]
    state: Annotated[str, "waits for room, starts, idle, or renders"]
    clip: Annotated[str, "fingerprint of what it renders; empty: nothing"]
    since: Annotated[float | None, "when it began on it, in seconds since the epoch"]
    models: Annotated[tuple[str, ...], "what it holds"]
    members: Annotated[int, "processes that render each clip together, each on a GPU of its own if on any"] = 1


@dataclass(frozen=True, slots=True)
class FilmStatus:
    """One film that is being made."""

    film: Annotated[str, "identifier of this making of it"]
    title: str
    priority: Annotated[int, "the higher goes first"]
    deadline: Annotated[float | None, "when it should be there, in seconds since the epoch"]
    since: Annotated[float, "when it came, in seconds since the epoch"]
    held: Annotated[bool, "nothing more of it is begun"]
    left: Annotated[int, "clips that are neither finished nor lost"]


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """A pool, its workers and its films."""

    name: str
    store: Annotated[str, "address of the store"]
    since: Annotated[float, "when its keeper started, in seconds since the epoch"]
    paused: Annotated[bool, "nothing more is begun"]
    draining: Annotated[bool, "it takes no more films"]
    most_workers: Annotated[int, "as many as the cluster has room for"]
    workers: tuple[WorkerStatus, ...]
    films: tuple[FilmStatus, ...]

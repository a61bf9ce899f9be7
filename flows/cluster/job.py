"""What a worker is given to do, and what it says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flows.cluster.failures import Fault
from flows.cluster.renderers import RendererSpec
from flows.events import Event
from flows.planning.model import Clip


@dataclass(frozen=True, slots=True)
class Job:
    """A clip, and what renders it. `attempt` counts from 1."""

    clip: Clip
    renderer: RendererSpec
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Warm:
    """A worker's word to the pool, not to people: the models it holds now."""

    models: frozenset[str]


@dataclass(frozen=True, slots=True)
class HandedBack:
    """The worker was told to go, and gives the clip back unfinished: no attempt was spent."""

    fingerprint: str


Message: TypeAlias = Event | Warm | Fault | HandedBack


@dataclass(frozen=True, slots=True)
class Heard:
    """What a worker said of its job since it was last asked. `over`: nothing more will come."""

    messages: tuple[Message, ...]
    over: bool


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """Where a worker runs: the machine's name, Ray's id of it, and the process."""

    node: str
    node_id: str
    pid: int

"""What a worker is given to do, and what it says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flows.cluster.failures import Fault
from flows.cluster.renderers import RendererSpec
from flows.events import Event
from flows.planning.model import Clip


@dataclass(frozen=True, slots=True)
class Job:
    """A clip, and what renders it. `attempt` counts from 1. `useful`: seconds of work that wait for each of the models
    that the worker holds, for each of the workers that hold it (`Lease`). `owner`: the keeper that gives the clip to
    nobody else."""

    clip: Clip
    renderer: RendererSpec
    attempt: int = 1
    useful: Mapping[str, float] = field(default_factory=dict)
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The variant that a worker will have to load when it is done, and with what."""

    variant: str
    renderer: RendererSpec


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
    """Where a worker runs: the machine's name, Ray's id of it, the process, and the GPU by its name ("": none).
    `members`: how many processes render with it, itself counted, each on a GPU of its own if on any."""

    node: str
    node_id: str
    pid: int
    gpu: str = ""
    members: int = 1

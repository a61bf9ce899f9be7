"""What the film's process tells the one that reports to Prefect, and what that one answers; a line of JSON each.

A run is told in words, as it is to show them. Takes are named as in the UI (`scene.shot`); an empty name is the film.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

End: TypeAlias = Literal[
    "completed", "cached", "partly", "refused", "failed", "cancelled", "crashed", "waits", "rejected"
]
"""`refused`: a person has to mend something before it can be made. `partly`: some films of a batch are made. `waits`:
people have to decide something first."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The run begins. Always the first."""

    title: str
    storyboard: str
    digest: str


@dataclass(frozen=True, slots=True)
class Began:
    """A worker begins on the take, or it is in the store. `after`: the takes that it goes on from."""

    take: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the log; `level` as in `logging`."""

    take: str
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Advanced:
    """How much of it is done, 0 to 1."""

    take: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Page:
    """Markdown that stands beside the run under `key`."""

    key: str
    description: str
    markdown: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that stand beside the run under `key`, each a value for every column."""

    key: str
    description: str
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A file that was made."""

    key: str
    description: str
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """People want to hear of it at once (`flows.events.Notice`)."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Of a take, or of the film: then it is the last."""

    take: str
    how: End
    message: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What people have to decide before the film goes on: a form as JSON Schema, and Markdown above it. `until` (ISO
    8601; empty: without end) is when `on_timeout` is decided for them."""

    schema: dict[str, Any]
    description: str
    until: str
    on_timeout: str


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life, where nothing else is to be said."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Prefect can be used with the settings it was given."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot: something the person has set is wrong."""

    message: str


@dataclass(frozen=True, slots=True)
class Known:
    """The run is there, and where it is shown."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing more is reported, and why."""

    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """Everything is reported."""


Message: TypeAlias = Opened | Began | Said | Advanced | Page | Table | Link | Told | Asked | Ended | Beat
Answer: TypeAlias = Ready | Refused | Known | Lost | Done

_MESSAGES: dict[str, type[Message]] = {
    kind.__name__: kind for kind in (Opened, Began, Said, Advanced, Page, Table, Link, Told, Asked, Ended, Beat)
}
_ANSWERS: dict[str, type[Answer]] = {kind.__name__: kind for kind in (Ready, Refused, Known, Lost, Done)}


def encode(message: Message | Answer) -> bytes:
    """One line."""
    return json.dumps([type(message).__name__, asdict(message)]).encode() + b"\n"


def decode(line: bytes) -> Message:
    """What `encode` made. Raises ValueError, KeyError or TypeError for half a line: its writer was killed."""
    kind, values = json.loads(line)
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return _MESSAGES[kind](**given)


def decode_answer(line: bytes) -> Answer:
    """Likewise."""
    kind, values = json.loads(line)
    return _ANSWERS[kind](**values)

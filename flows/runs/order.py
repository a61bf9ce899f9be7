"""What a run was asked to make: given with the run, and passed to the process that makes the film."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

SENT = re.compile(r"sha256:([0-9a-f]{64})")
"""A storyboard that was sent, as it is written for `storyboard`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    """A film for each row of `table`: a path where the films are made, or in what was sent. The other values are those
    of `flows.batch.asked.Asked`, as they are written on a command line."""

    table: str
    matrix: tuple[str, ...] = ()
    name: str | None = None
    called: str | None = None
    ignored: tuple[str, ...] = ()
    sheet: str | None = None
    skip_bad: bool = False
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`storyboard` is a name or path where the film is made, or `sha256:...` of one that was sent to `store`.

    `overrides` come after those of that machine. `only` names shots. `priority` 0 and no `deadline` (a moment, ISO
    8601) leave them to the overrides. `run` and `url`: the flow run. `review`: people look at stills or drafts first;
    `answer` is what they have decided since the run was begun, as a form has it (JSON), empty for nothing. `batch`:
    None for one film.
    """

    storyboard: str
    overrides: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    store: str | None = None
    priority: int = 0
    deadline: str | None = None
    run: str = ""
    url: str = ""
    review: str = ""
    answer: str = ""
    batch: BatchOrder | None = None

    @property
    def sent(self) -> str | None:
        """The digest of a storyboard that was sent."""
        match = SENT.fullmatch(self.storyboard)
        return match[1] if match else None

    def to_line(self) -> bytes:
        """One line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"


def order_from(line: bytes) -> Order:
    """What `to_line` wrote."""
    plain = json.loads(line)
    batch = plain.pop("batch")
    return Order(**_read(plain), batch=BatchOrder(**_read(batch)) if batch is not None else None)


def _read(plain: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()}

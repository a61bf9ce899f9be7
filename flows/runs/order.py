"""What a run was asked to make: given with the run, and passed to the process that makes the film."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

SENT = re.compile(r"sha256:([0-9a-f]{64})")
"""A storyboard that was sent, as it is written for `storyboard`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`storyboard` is a name or path where the film is made, or `sha256:...` of one that was sent to `store`.

    `overrides` come after those of that machine. `only` names shots. `priority` 0 and no `deadline` (a moment, ISO
    8601) leave them to the overrides. `run` and `url`: the flow run. `review`: people look at stills or drafts first;
    `answer` is what they have decided since the run was begun, as a form has it (JSON), empty for nothing.
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
    lists = {name: tuple(plain[name]) for name in ("overrides", "only")}
    return Order(**{**plain, **lists})

"""A schedule of films as Prefect has it, and what is shown of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.errors import UserError
from flows.runs.cron import comes

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
NO_STORYBOARD = (
    "the schedule {name} names no storyboard, and its films fail\n"
    "    wanflow schedule add STORYBOARD --name {name} --replace --cron ..."
)
NEVER = (
    "the time of the schedule {name} never comes ({when}); as long as it is there, the server plans no film of any "
    "schedule\n    wanflow schedule remove {name}"
)


@dataclass(frozen=True, slots=True)
class Last:
    """A run that is over, or is made: its state as people read it, and its time."""

    run: str
    url: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """`when` is its cron expression, or what else Prefect was given; `parameters` are those of its runs.

    `next` are times to come, in its zone; `waiting` those that have come and that no machine has begun yet.
    `unplanned`: the server has planned none of what is to come soon.
    """

    id: str
    name: str
    active: bool
    when: str
    cron: str | None
    zone: str
    parameters: Mapping[str, Any]
    next: tuple[datetime, ...] = ()
    waiting: tuple[datetime, ...] = ()
    last: Last | None = None
    unplanned: bool = False

    @property
    def storyboard(self) -> str:
        """As its runs are given it; empty when a person has set up none."""
        return str(self.parameters.get("storyboard") or "")

    @property
    def dead(self) -> bool:
        """Whether its time never comes: then the server plans no run of any schedule."""
        return self.cron is not None and not comes(self.cron)


def check_name(name: str) -> str:
    """The name. Raises UserError for one that is not fit to be typed and to stand in an address."""
    if NAME.fullmatch(name):
        return name
    raise UserError(
        f"--name {name[:100]!r}: a name is of a-z, 0-9, - and _, 63 at most, and begins with a letter or a number\n"
        f"    --name {fit_name(name)}"
    )


def fit_name(text: str) -> str:
    """The name that is most like a title."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:63].rstrip("-_") or "monday"


def schedule_from(plain: Mapping[str, Any]) -> Schedule:
    """As the server says it."""
    schedule = plain["schedule"]
    cron = schedule.get("cron")
    when = cron or schedule.get("rrule") or f"every {schedule.get('interval')} s"
    return Schedule(
        id=str(plain["id"]),
        name=plain.get("slug") or str(plain["id"]),
        active=bool(plain["active"]),
        when=str(when),
        cron=cron,
        zone=schedule.get("timezone") or "UTC",
        parameters=plain.get("parameters") or {},
    )

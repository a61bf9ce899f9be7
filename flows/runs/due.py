"""Which scheduled runs are made, and which end without: too late, overtaken, or while the one before is still made.

Pure. It is asked where runs are taken from the work pool (`flows.runs.worker`): there it is known that a machine is
free, and nothing has been started yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flows.moments import span
from flows.runs.names import AUTO, MISSED, SKIPPED
from flows.words import duration

_UNNAMED = ("CronSchedule", "IntervalSchedule", "RRuleSchedule")
"""What Prefect calls schedules that have no name."""
LATE = "2h"
"""How late a scheduled film may begin, where nobody says."""


@dataclass(frozen=True, slots=True)
class Due:
    """A run that a schedule asked for and that nobody has begun. `at` is its time, `late` how much later it may
    begin."""

    run: str
    schedule: str
    at: datetime
    late: timedelta


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ends that is not made: its state's name, and why."""

    state: str
    message: str


def schedule_of(parameters: Mapping[str, Any], created_by: Any = None) -> str:
    """The name of the schedule of a run, empty for none: what its parameters say, else who made the run."""
    said = parameters.get("schedule")
    if isinstance(said, str) and said:
        return said
    if getattr(created_by, "type", None) != "SCHEDULE":
        return ""
    slug = created_by.display_value
    return str(created_by.id if slug in (None, "", *_UNNAMED) else slug)


def due_of(run: Any) -> Due | None:
    """Of a run as a worker is given it; None for one that a person asked for, or that goes on after it was begun."""
    name = schedule_of(run.parameters, run.created_by)
    if not name or AUTO not in run.tags or run.state_name not in ("Scheduled", "Late"):
        return None
    return Due(str(run.id), name, run.expected_start_time, late_of(run.parameters))


def late_of(parameters: Mapping[str, Any]) -> timedelta:
    """What a schedule says, and the default where it says nothing that can be read: its run will say so itself."""
    try:
        return span(str(parameters.get("late") or LATE))
    except ValueError:
        return span(LATE)


def deadline_at(parameters: Mapping[str, Any], at: datetime | None) -> datetime | None:
    """When the film of a run with that time should be there, by the `deadline_in` of its parameters."""
    try:
        return at + span(str(parameters.get("deadline_in"))) if at else None
    except (ValueError, OverflowError):
        return None


def verdicts(waiting: Iterable[Due], busy: Mapping[str, str], now: datetime) -> dict[str, Verdict]:
    """By the id of each run that is not made; the others are, at most one of a schedule.

    `busy`: schedules whose film is made now, or goes on, and the run of each.
    """
    ended: dict[str, Verdict] = {}
    for name, runs in _by_schedule(waiting).items():
        in_time = [run for run in runs if now - run.at <= run.late]
        ended |= {run.run: _too_late(run) for run in runs if run not in in_time}
        ended |= {run.run: _overtaken(run, in_time[-1]) for run in in_time[:-1]}
        if in_time and name in busy:
            ended[in_time[-1].run] = _still_made(in_time[-1], busy[name])
    return ended


def _by_schedule(waiting: Iterable[Due]) -> dict[str, Sequence[Due]]:
    """In the order of their times."""
    found: dict[str, list[Due]] = {}
    for run in sorted(waiting, key=lambda run: (run.at, run.run)):
        found.setdefault(run.schedule, []).append(run)
    return dict(found)


def _too_late(run: Due) -> Verdict:
    late = duration(run.late.total_seconds())
    return Verdict(
        MISSED,
        f"The film of the schedule {run.schedule} was due at {_said(run.at)}, and no machine could begin it within "
        f"{late} (--late). It is made at the next time; or now: wanflow schedule run {run.schedule}",
    )


def _overtaken(run: Due, later: Due) -> Verdict:
    return Verdict(
        MISSED,
        f"The film of the schedule {run.schedule} was due at {_said(run.at)}, and waited until the next was due at "
        f"{_said(later.at)}: one film is made of them, the later.",
    )


def _still_made(run: Due, before: str) -> Verdict:
    return Verdict(
        SKIPPED,
        f"The film of the schedule {run.schedule} was due at {_said(run.at)}, and the one before was still made (run "
        f"{before}). It is made at the next time.",
    )


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %z}".removesuffix(" ")

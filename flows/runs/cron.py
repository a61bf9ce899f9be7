"""Cron expressions, checked where no Prefect need be, with the library by which its server reads them.

One that never comes would do more harm than none: the server stops at it, and begins no schedule of the deployment any
more. So it is found before it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

from flows.errors import UserError

FIELDS = (
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31"),
    ("month", "1 to 12, or JAN to DEC"),
    ("day of the week", "0 to 7, or SUN to SAT"),
)
"""In the order that they are written."""
HOW = 'five fields, minute hour day month weekday, like "0 6 * * MON": Mondays at 06:00'
MOST = 1000
"""Times that are looked at for one that is new: of two in a night, when clocks are set, one may be left."""


def check_cron(text: str) -> None:
    """Raises UserError that names the field at fault, and for one that never comes."""
    wrong = _wrong(text)
    if wrong is not None:
        raise UserError(f"--cron {text!r}: {wrong}")
    if next(_wall_times(text, datetime(2000, 1, 1)), None) is None:
        raise UserError(f'--cron {text!r}: there is no such day\n    write one that comes: "0 0 28 2 *" or "0 0 1 3 *"')


def comes(text: str) -> bool:
    """Whether there is a time at which it fires; False also for what is no cron expression."""
    return _wrong(text) is None and next(_wall_times(text, datetime(2000, 1, 1)), None) is not None


def next_times(text: str, zone: str, after: datetime, number: int) -> list[datetime]:
    """The next times after that moment, in the zone, of an expression that was checked. In the night when an hour is
    lacking a time in it is an hour later; in the one that has it twice it is the first."""
    place = ZoneInfo(zone)
    start = after.astimezone(place).replace(tzinfo=None, microsecond=0)
    moments = (wall.replace(tzinfo=place).astimezone(UTC) for wall in islice(_wall_times(text, start), MOST))
    later = dict.fromkeys(moment for moment in moments if moment > after)
    return [moment.astimezone(place) for moment in islice(later, number)]


def _wrong(text: str) -> str | None:
    """What is wrong with how it is written, and the fix."""
    fields = text.split()
    if text.startswith("@"):
        return (
            None
            if croniter.is_valid(text)
            else f"there is no such name\n    write @daily, @weekly or @monthly, or {HOW}"
        )
    if len(fields) in (6, 7):
        return f"{len(fields)} fields, and films have no seconds or years\n    write {HOW}"
    if len(fields) != len(FIELDS):
        return f"this is no cron expression\n    write {HOW}"
    for at, (field, (name, range_)) in enumerate(zip(fields, FIELDS, strict=True)):
        alone = " ".join(field if at == other else "*" for other in range(len(FIELDS)))
        if field[:1].casefold() in ("h", "r") or not croniter.is_valid(alone):
            return f"{field!r} is no {name}\n    write {range_}, or * for any; in all {HOW}"
    return None if croniter.is_valid(text) else f"this is no cron expression\n    write {HOW}"


def _wall_times(text: str, start: datetime) -> Iterator[datetime]:
    """What clocks on the wall show, from after `start` on. Ends where none comes in fifty years."""
    times = croniter(text, start)
    try:
        while True:
            yield times.get_next(datetime)
    except CroniterBadDateError:
        return

"""Dates as options take them: `2026-11-01`, `2026-11-01T18:00`, or how long ago: `7d`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

import click

from flows.moments import span

FIX = "write 2026-11-01, 2026-11-01T18:00, or 7d: that long ago"


def from_then(text: str | None, option: str, zone: tzinfo | None) -> datetime | None:
    """A date begins with its day, in a zone (None: this machine's). Raises click.BadParameter."""
    return None if text is None else _moment(text, option, zone, time.min)


def until_then(text: str | None, option: str, zone: tzinfo | None) -> datetime | None:
    """A date ends with its day. Raises click.BadParameter."""
    if text is None:
        return None
    found = _moment(text, option, zone, time.min)
    return found + timedelta(days=1) if _is_date(text) else found


def check_order(since: datetime | None, until: datetime | None) -> None:
    """Of two moments that options named. Raises click.UsageError where no time lies between them."""
    if since is not None and until is not None and since >= until:
        first, last = (each.isoformat(" ", "minutes") for each in (since, until))
        raise click.UsageError(
            f"--since {first} is not before --until {last}; write an earlier --since, or a later --until"
        )


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _moment(text: str, option: str, zone: tzinfo | None, of_day: time) -> datetime:
    try:
        return datetime.now(UTC) - span(text)
    except (ValueError, OverflowError):
        pass
    try:
        if _is_date(text):
            return _in(datetime.combine(date.fromisoformat(text), of_day), zone)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise click.UsageError(f"{option} {text}: is no date; {FIX}") from error
    return found if found.tzinfo else _in(found, zone)


def _in(naive: datetime, zone: tzinfo | None) -> datetime:
    return naive.astimezone() if zone is None else naive.replace(tzinfo=zone)

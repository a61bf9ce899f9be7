"""When a person wants a film to be there: `18:00`, or a day and a time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flows.errors import UserError


def moment(text: str, now: datetime) -> datetime:
    """The next time of that name, or that very moment; `now` and what is returned have a time zone.

    Raises UserError.
    """
    try:
        return _next(time.fromisoformat(text), now)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(
            f"--deadline {text}: this is no time\n    write 18:00, or a day and a time: 2026-12-24T18:00"
        ) from error
    found = found if found.tzinfo else found.replace(tzinfo=now.tzinfo)
    if found <= now:
        raise UserError(f"--deadline {text}: this is over already; name a time to come")
    return found


def _next(at: time, now: datetime) -> datetime:
    today = datetime.combine(now.date(), at, at.tzinfo or now.tzinfo)
    return today if today > now else today + timedelta(days=1)

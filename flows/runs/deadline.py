"""When a person wants a film to be there, as it is said on a command line."""

from __future__ import annotations

from datetime import UTC, datetime

from flows.errors import UserError
from flows.moments import moment


def deadline_of(text: str, now: float) -> datetime:
    """The moment (`flows.moments`), which is still to come; `now` in seconds since the epoch. Raises UserError."""
    try:
        found = moment(text, now)
    except ValueError as error:
        raise UserError(
            f"--deadline {text}: this is no time\n    write 18:00, or a day and a time: 2026-12-24T18:00"
        ) from error
    if found <= now:
        raise UserError(f"--deadline {text}: this is over already; name a time to come")
    return datetime.fromtimestamp(found, UTC)

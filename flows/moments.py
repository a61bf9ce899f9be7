"""Moments and lengths of time as people write them: a time of day, a date and a time; `2h`, `1h30m`."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

SPAN = r"([0-9]+(\.[0-9]+)?[dhms])+"
"""A length of time: days, hours, minutes, seconds."""
_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


def is_moment(text: str) -> bool:
    """Whether it is one: `18:00`, `2026-01-31T18:00`, also with seconds and an offset from UTC."""
    try:
        moment(text, 0.0)
    except ValueError:
        return False
    return True


def moment(text: str, now: float) -> float:
    """Seconds since the epoch. A time of day is the next one after `now`, in local time, as is a date without an
    offset. Raises ValueError."""
    try:
        of_day = time.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text).astimezone().timestamp()
    today = datetime.fromtimestamp(now).astimezone()
    found = today.replace(hour=of_day.hour, minute=of_day.minute, second=of_day.second, microsecond=0)
    return (found if found.timestamp() > now else found + timedelta(days=1)).timestamp()


def span(text: str) -> timedelta:
    """`2h`, `90m`, `1h30m`, `3d`. Raises ValueError for what is none, or longer than time is counted."""
    if not re.fullmatch(SPAN, text):
        raise ValueError(f"{text!r} is no length of time")
    try:
        return timedelta(
            seconds=sum(float(part[:-1]) * _SECONDS[part[-1]] for part in re.findall(r"[0-9.]+[dhms]", text))
        )
    except OverflowError as error:
        raise ValueError(f"{text!r} is too long") from error

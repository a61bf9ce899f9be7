"""Moments as people write them: a time of day, or a date and a time."""

from __future__ import annotations

from datetime import datetime, time, timedelta


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

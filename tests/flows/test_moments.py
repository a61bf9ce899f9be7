"""Times of day, and dates with a time."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.moments import is_moment, moment, span

NOON = datetime(2026, 1, 31, 12, 0).astimezone().timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18:00", datetime(2026, 1, 31, 18, 0)),
        ("11:59", datetime(2026, 2, 1, 11, 59)),
        ("12:00", datetime(2026, 2, 1, 12, 0)),
        ("2026-03-01T06:30", datetime(2026, 3, 1, 6, 30)),
        ("2026-03-01", datetime(2026, 3, 1)),
    ],
)
def test_a_time_of_day_is_the_next_one(text: str, expected: datetime) -> None:
    assert moment(text, NOON) == expected.astimezone().timestamp()


def test_an_offset_from_utc_is_heeded() -> None:
    assert moment("2026-01-31T18:00+00:00", NOON) - moment("2026-01-31T18:00+02:00", NOON) == 7200


@pytest.mark.parametrize("text", ["soon", "25:00", "", "tomorrow 18:00"])
def test_what_is_none_is_known(text: str) -> None:
    assert not is_moment(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("2h", 7200), ("90m", 5400), ("1h30m", 5400), ("1.5h", 5400), ("1d12h", 129_600), ("0s", 0)]
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert span(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2 h", "2h ", "two hours", "2w", "1e3h", "9" * 30 + "d", "２h"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError):
        span(text)

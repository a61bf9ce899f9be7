"""When a person wants a film to be there."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from flows.errors import UserError
from flows.runs.deadline import moment

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 3, 4, 12, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("18:00", datetime(2026, 3, 4, 18, tzinfo=ZONE)),
        ("06:00", datetime(2026, 3, 5, 6, tzinfo=ZONE)),
        ("12:30", datetime(2026, 3, 5, 12, 30, tzinfo=ZONE)),
        ("2026-12-24T18:00", datetime(2026, 12, 24, 18, tzinfo=ZONE)),
        ("2026-03-04 11:00+00:00", datetime(2026, 3, 4, 13, tzinfo=ZONE)),
    ],
)
def test_a_time_is_the_next_of_that_name_and_a_day_is_that_day(text: str, then: datetime) -> None:
    assert moment(text, NOW) == then


@pytest.mark.parametrize("text", ["soon", "25:00", "", "2026-03-04T12:00"])
def test_what_is_no_time_to_come_is_refused_with_the_fix(text: str) -> None:
    with pytest.raises(UserError, match="--deadline"):
        moment(text, NOW)

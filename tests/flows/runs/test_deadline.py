"""When a person wants a film to be there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.errors import UserError
from flows.runs.deadline import deadline_of

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC).timestamp()


def test_a_moment_to_come_has_a_time_zone_wherever_it_is_read() -> None:
    assert deadline_of("2026-03-04 15:00+02:00", NOW) == datetime(2026, 3, 4, 13, tzinfo=UTC)
    next_one = deadline_of("18:00", NOW)
    assert next_one.tzinfo is not None
    assert 0 < next_one.timestamp() - NOW <= 86_400


@pytest.mark.parametrize("text", ["soon", "25:00", "", "2026-03-04T12:00+00:00"])
def test_what_is_no_time_to_come_is_refused_with_the_fix(text: str) -> None:
    with pytest.raises(UserError, match="--deadline"):
        deadline_of(text, NOW)

"""A schedule as the server says it, and its name."""

from __future__ import annotations

import pytest

from flows.errors import UserError
from flows.runs.schedule import check_name, schedule_from


@pytest.mark.parametrize("name", ["monday", "a", "0-9_b", "x" * 63])
def test_a_name_can_be_typed(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "fit"),
    [("My Monday", "my-monday"), ("", "monday"), ("-a", "a"), ("ä/../b", "b"), ("x" * 64, "x" * 63), ("a\n", "a")],
)
def test_one_that_cannot_is_refused_with_one_that_can(name: str, fit: str) -> None:
    with pytest.raises(UserError, match=f"--name .*\n    --name {fit}$"):
        check_name(name)
    assert check_name(fit) == fit


def test_those_that_were_made_elsewhere_are_understood() -> None:
    plain = {"id": "1", "slug": None, "active": True, "parameters": None}
    daily = schedule_from({**plain, "schedule": {"interval": 86400.0, "timezone": None}})
    assert (daily.name, daily.when, daily.cron, daily.zone, daily.storyboard) == (
        "1",
        "every 86400.0 s",
        None,
        "UTC",
        "",
    )
    assert not daily.dead
    rule = schedule_from({**plain, "slug": "r", "schedule": {"rrule": "FREQ=DAILY", "timezone": "Asia/Tokyo"}})
    assert (rule.name, rule.when, rule.zone) == ("r", "FREQ=DAILY", "Asia/Tokyo")
    assert schedule_from({**plain, "schedule": {"cron": "0 0 30 2 *"}}).dead

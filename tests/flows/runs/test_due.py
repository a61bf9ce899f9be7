"""Which scheduled runs are made: late ones, several that wait, and one that comes while another is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from flows.runs.due import Due, deadline_at, due_of, late_of, schedule_of, verdicts
from flows.runs.names import AUTO, MISSED, SKIPPED

NOW = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def due(run: str, hours_ago: float, schedule: str = "monday", late: timedelta = 2 * HOUR) -> Due:
    return Due(run, schedule, NOW - hours_ago * HOUR, late)


def states(*waiting: Due, busy: dict[str, str] | None = None) -> dict[str, str]:
    return {run: verdict.state for run, verdict in verdicts(waiting, busy or {}, NOW).items()}


def test_after_three_weeks_nothing_is_made_but_what_is_due_now() -> None:
    mondays = [due(f"week {week}", 7 * 24 * week) for week in (3, 1, 2)]
    assert states(*mondays) == {"week 1": MISSED, "week 2": MISSED, "week 3": MISSED}
    assert states(*mondays, due("today", 0.1)) == {"week 1": MISSED, "week 2": MISSED, "week 3": MISSED}


def test_of_several_that_wait_one_is_made_however_late_they_may_be() -> None:
    weeks = [due(f"week {week}", 7 * 24 * week, late=timedelta(days=60)) for week in (1, 3, 2)]
    assert states(*weeks) == {"week 3": MISSED, "week 2": MISSED}
    (message,) = {verdict.message for run, verdict in verdicts(weeks, {}, NOW).items() if run == "week 3"}
    assert "due at 2026-11-09 06:00" in message
    assert "2026-11-23 06:00" in message


def test_to_the_second_of_its_lateness_it_is_made() -> None:
    assert states(due("in time", 2)) == {}
    assert states(due("late", 2 + 1 / 3600)) == {"late": MISSED}


def test_one_that_comes_while_the_one_before_is_made_is_skipped_and_another_schedule_is_not() -> None:
    waiting = [due("a", 0), due("b", 0, schedule="tuesday")]
    assert states(*waiting, busy={"monday": "run-1"}) == {"a": SKIPPED}
    assert "run-1" in verdicts(waiting, {"monday": "run-1"}, NOW)["a"].message
    assert states(due("late", 3), busy={"monday": "run-1"}) == {"late": MISSED}


def run(**changed: Any) -> Any:
    plain = {
        "id": "1",
        "parameters": {"schedule": "monday", "late": "30m"},
        "created_by": SimpleNamespace(type="SCHEDULE", id="2", display_value="monday"),
        "tags": [AUTO],
        "state_name": "Late",
        "expected_start_time": NOW,
    }
    return SimpleNamespace(**{**plain, **changed})


def test_it_is_read_from_a_run_of_prefect() -> None:
    assert due_of(run()) == Due("1", "monday", NOW, timedelta(minutes=30))
    assert due_of(run(state_name="HandedBack")) is None
    assert due_of(run(state_name="AwaitingRetry")) is None
    assert due_of(run(tags=[])) is None
    assert due_of(run(parameters={}, created_by=None)) is None


@pytest.mark.parametrize(
    ("parameters", "display", "name"),
    [
        ({"schedule": "mine"}, "slug", "mine"),
        ({}, "slug", "slug"),
        ({"schedule": ""}, "CronSchedule", "2"),
        ({"schedule": None}, None, "2"),
    ],
)
def test_a_schedule_that_was_made_elsewhere_has_a_name_too(parameters: dict[str, Any], display: Any, name: str) -> None:
    assert schedule_of(parameters, SimpleNamespace(type="SCHEDULE", id="2", display_value=display)) == name


@pytest.mark.parametrize(("said", "late"), [("30m", 0.5), ("1d", 24), ("", 2), (None, 2), ("soon", 2), (7, 2)])
def test_how_late_is_what_the_schedule_says_or_two_hours(said: object, late: float) -> None:
    assert late_of({"late": said}) == late * HOUR


def test_a_deadline_is_counted_from_its_time() -> None:
    assert deadline_at({"deadline_in": "3h"}, NOW) == NOW + 3 * HOUR
    for parameters, at in [
        ({}, NOW),
        ({"deadline_in": ""}, NOW),
        ({"deadline_in": "soon"}, NOW),
        ({"deadline_in": "3h"}, None),
    ]:
        assert deadline_at(parameters, at) is None

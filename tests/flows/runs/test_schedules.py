"""Schedules on a real Prefect server: what it has planned, and what becomes of it when one of them changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.errors import EnvironmentProblem, FlowsError, UserError
from flows.runs.names import AUTO, SKIPPED
from flows.runs.offer import offer
from flows.runs.rest import Rest
from flows.runs.schedules import Schedules
from flows.runs.server import Server

pytestmark = pytest.mark.slow
BERLIN = "Europe/Berlin"
BOAT = {"storyboard": "boat", "overrides": ["render=draft"], "late": "30m"}


@pytest.fixture
def rest(server: Server) -> Iterator[Rest]:
    """Films are offered, and there is no schedule, before and after."""
    with Rest(server.url, server.client()) as asked:
        offer(asked, silence=None)
        _clear(asked)
        yield asked
        _clear(asked)


@pytest.fixture
def schedules(rest: Rest) -> Schedules:
    return Schedules(rest)


def _clear(rest: Rest) -> None:
    deployment = rest.get("/deployments/name/film/film")["id"]
    for each in rest.get(f"/deployments/{deployment}/schedules"):
        rest.delete(f"/deployments/{deployment}/schedules/{each['id']}")


def now() -> datetime:
    return datetime.now(UTC)


def waiting_run(rest: Rest, schedules: Schedules, name: str) -> dict[str, Any]:
    """The next run of a schedule, set back: as if no machine had served when its time came."""
    (first, *_) = schedules._runs(schedules.find(name), {"type": {"any_": ["SCHEDULED"]}})
    an_hour_ago = (now() - timedelta(hours=1)).isoformat()
    state = {"type": "SCHEDULED", "name": "Late", "state_details": {"scheduled_time": an_hour_ago}}
    rest.set_state(first["id"], state)
    found: dict[str, Any] = rest.get(f"/flow_runs/{first['id']}")
    return found


def test_it_is_planned_at_once_and_listed_with_the_times_of_its_zone(schedules: Schedules) -> None:
    added = schedules.put("monday", "0 6 * * MON", BERLIN, BOAT)
    assert (added.name, added.active, added.cron, added.zone) == ("monday", True, "0 6 * * MON", BERLIN)
    assert len(added.next) == 3
    assert {(time.weekday(), time.hour, time.tzname()) for time in added.next} <= {(0, 6, "CET"), (0, 6, "CEST")}
    assert not added.unplanned
    assert added.parameters == {**BOAT, "schedule": "monday"}
    yearly = schedules.put("yearly", "0 6 24 12 *", BERLIN, BOAT)
    assert [time.month for time in yearly.next][:2] == [12, 12]
    assert [each.name for each in schedules.all(now())] == ["monday", "yearly"]
    assert schedules.all(now())[0].next == added.next


def test_what_is_there_is_replaced_when_it_is_wanted_and_keeps_its_place(schedules: Schedules) -> None:
    first = schedules.put("monday", "0 6 * * MON", BERLIN, BOAT)
    with pytest.raises(UserError, match="--name monday: there is such a schedule already\n    --replace"):
        schedules.check_new("monday", replace=False)
    schedules.check_new("monday", replace=True)
    again = schedules.put("monday", "30 7 * * TUE", "UTC", {**BOAT, "late": "1h"})
    assert (again.id, again.cron, again.zone, again.parameters["late"]) == (first.id, "30 7 * * TUE", "UTC", "1h")
    assert {(time.weekday(), time.hour, time.minute) for time in again.next} == {(1, 7, 30)}


def test_a_schedule_outlives_the_next_wanflow_serve(rest: Rest, schedules: Schedules) -> None:
    added = schedules.put("monday", "0 6 * * MON", BERLIN, BOAT)
    deployment = offer(rest, silence=None)
    assert schedules.all(now())[0] == added
    rest.patch(f"/deployments/{deployment}", {"entrypoint": "elsewhere.py:film", "pull_steps": [{"fetch": {}}]})
    assert offer(rest, silence=None) == deployment
    found = rest.get(f"/deployments/{deployment}")
    assert (found["entrypoint"], found["pull_steps"]) == ("flows.runs.deployed.film", None)
    assert schedules.all(now())[0] == added


def test_one_that_is_paused_keeps_its_parameters_and_its_film_that_waits_is_not_made(
    rest: Rest, schedules: Schedules
) -> None:
    schedules.put("monday", "0 6 * * MON", BERLIN, BOAT)
    schedules.put("tuesday", "0 6 * * TUE", BERLIN, BOAT)
    late, other = waiting_run(rest, schedules, "monday"), waiting_run(rest, schedules, "tuesday")
    schedules.pause("monday")
    monday, tuesday = schedules.all(now())
    assert (monday.active, monday.next, monday.parameters["storyboard"]) == (False, (), "boat")
    assert rest.get(f"/flow_runs/{late['id']}")["state_name"] == SKIPPED
    assert rest.get(f"/flow_runs/{other['id']}")["state_name"] == "Late"
    assert (len(tuesday.next), monday.last and monday.last.state) == (3, SKIPPED)
    again = schedules.resume("monday")
    assert (again.active, len(again.next), again.parameters["storyboard"]) == (True, 3, "boat")


def test_one_that_is_removed_takes_no_film_of_another_with_it(rest: Rest, schedules: Schedules) -> None:
    schedules.put("monday", "0 6 * * MON", BERLIN, BOAT)
    schedules.put("tuesday", "0 6 * * TUE", BERLIN, BOAT)
    waits = waiting_run(rest, schedules, "tuesday")
    schedules.remove("monday")
    (left,) = schedules.all(now())
    assert (left.name, len(left.next)) == ("tuesday", 3)
    of_tuesday = {"flow_runs": {"tags": {"all_": [AUTO]}, "state": {"name": {"any_": ["Scheduled", "Late"]}}}}
    moment = waits["expected_start_time"][:19]
    (kept,) = [run for run in rest.post("/flow_runs/filter", of_tuesday) if run["expected_start_time"][:19] == moment]
    assert kept["parameters"] == {**BOAT, "schedule": "tuesday"}
    rest.delete(f"/flow_runs/{kept['id']}")


def test_one_is_asked_for_by_hand_once(rest: Rest, schedules: Schedules) -> None:
    schedules.put("monday", "0 6 * * MON", BERLIN, BOAT)
    asked = schedules.run_now("monday")
    found = rest.get(f"/flow_runs/{asked.run}")
    assert (found["parameters"]["schedule"], found["tags"]) == ("monday", [])
    with pytest.raises(UserError, match=f"is made already: .*{asked.run}\n    wait for it: wanflow fetch"):
        schedules.run_now("monday")
    rest.set_state(asked.run, {"type": "CANCELLED"})
    schedules.put("nothing", "0 6 * * MON", BERLIN, {})
    with pytest.raises(UserError, match="the schedule nothing names no storyboard"):
        schedules.run_now("nothing")
    rest.delete(f"/flow_runs/{schedules.run_now('monday').run}")


def test_one_that_is_not_there_is_said_with_the_one_that_was_meant(schedules: Schedules) -> None:
    with pytest.raises(UserError, match="there is none yet: wanflow schedule add"):
        schedules.find("monday")
    schedules.put("monday", "0 6 * * MON", BERLIN, BOAT)
    with pytest.raises(UserError, match=r"there is no schedule 'mondya'\n    did you mean monday\?"):
        schedules.pause("mondya")


def test_one_that_never_comes_stops_all_of_them_and_is_found(rest: Rest, schedules: Schedules) -> None:
    deployment = rest.get("/deployments/name/film/film")["id"]
    never = {"schedule": {"cron": "0 0 30 2 *", "timezone": "UTC"}, "slug": "never", "parameters": BOAT}
    rest.post(f"/deployments/{deployment}/schedules", [never])
    with pytest.raises(FlowsError, match="500"):
        rest.post(f"/deployments/{deployment}/schedule", {})
    (found,) = schedules.all(now())
    assert (found.dead, found.next) == (True, ())
    with pytest.raises(
        UserError, match=r"the time of the schedule never never comes.*\n    wanflow schedule remove never"
    ):
        schedules.check_new("monday", replace=False)
    with pytest.raises(UserError, match="there is such a schedule already"):
        schedules.check_new("never", replace=False)
    schedules.check_new("never", replace=True)
    schedules.remove("never")
    schedules.check_new("monday", replace=False)


def test_a_server_that_cannot_plan_gets_none(rest: Rest, schedules: Schedules, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, body: Any) -> Any:
        if path.endswith("/schedule"):
            raise FlowsError("503")
        return Rest.post(rest, path, body)

    monkeypatch.setattr(rest, "post", refuse)
    with pytest.raises(FlowsError, match="cannot plan the runs of schedules"):
        schedules.put("monday", "0 6 * * MON", BERLIN, BOAT)
    assert schedules.all(now()) == []


def test_where_nobody_serves_or_an_older_wanflow_does_it_is_said(server: Server) -> None:
    class Without(Rest):
        def __init__(self, found: Any) -> None:
            super().__init__(server.url, server.client())
            self._found = found

        def get(self, path: str) -> Any:
            return self._found

    with (
        Without(None) as nobody,
        pytest.raises(EnvironmentProblem, match=r"no machine has offered.*\n    .*wanflow serve"),
    ):
        Schedules(nobody)
    older = {"parameter_openapi_schema": {"properties": {"storyboard": {}}}, "paused": False}
    with Without(older) as old, pytest.raises(EnvironmentProblem, match="an older wanflow"):
        Schedules(old)

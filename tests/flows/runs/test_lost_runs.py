"""Runs that nobody follows any more are ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flows.runs import alive
from flows.runs.lost_runs import LOST, LOST_HERE, look_after, mark_crashed
from flows.runs.rest import Rest
from flows.runs.server import Server
from tests.flows.conftest import Ask

pytestmark = pytest.mark.slow


def test_what_nobody_reported_the_end_of_has_crashed(server: Server, ask: Ask) -> None:
    flow = ask("/flows/", {"name": "film"})["id"]
    running = {"type": "RUNNING", "name": "Running"}
    run = ask("/flow_runs/", {"flow_id": flow, "state": running})["id"]
    mark_crashed(server.api, started_before=time.time() + 60)
    (found,) = ask("/flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
    assert found["state_type"] == "CRASHED"


def test_its_task_runs_have_crashed_with_it_and_what_is_younger_has_not(server: Server, ask: Ask) -> None:
    flow = ask("/flows/", {"name": "film"})["id"]
    running = {"type": "RUNNING", "name": "Running"}
    old = ask("/flow_runs/", {"flow_id": flow, "state": running})["id"]
    task = ask("/task_runs/", {"flow_run_id": old, "task_key": "take", "dynamic_key": "0", "state": running})["id"]
    begun = time.time() + 60
    mark_crashed(server.api, started_before=begun - 3600)
    (young,) = ask("/flow_runs/filter", {"flow_runs": {"id": {"any_": [old]}}})
    assert young["state_type"] == "RUNNING"
    mark_crashed(server.api, started_before=begun)
    (lost,) = ask("/task_runs/filter", {"task_runs": {"id": {"any_": [task]}}})
    assert (lost["state_type"], lost["state"]["message"]) == ("CRASHED", LOST)


@pytest.fixture
def rest(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rest]:
    """On a machine that has made no film yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with Rest(server.url, server.client()) as asked:
        yield asked


def submitted(rest: Rest, state: str) -> str:
    """A run of a deployment, in that state, which this machine has begun to make."""
    flow = rest.post("/flows/", {"name": "film"})["id"]
    deployment = rest.post("/deployments/", {"flow_id": flow, "name": "for tests"})["id"]
    run = str(rest.post(f"/deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})["id"])
    httpx.patch(f"{rest.url}/api/flow_runs/{run}", json={"infrastructure_pid": "1"}).raise_for_status()
    rest.set_state(run, {"type": state})
    alive.note(run)
    return run


@pytest.mark.parametrize(
    ("before", "after"),
    [("RUNNING", "CRASHED"), ("PENDING", "CRASHED"), ("CANCELLING", "CANCELLED"), ("COMPLETED", "COMPLETED")],
)
def test_a_run_whose_process_died_on_this_machine_is_ended(rest: Rest, before: str, after: str) -> None:
    run = submitted(rest, before)
    look_after(rest, [run])
    assert rest.get(f"/flow_runs/{run}")["state_type"] == before  # its worker knows
    look_after(rest, ())
    found = rest.get(f"/flow_runs/{run}")
    assert found["state_type"] == after
    assert after == before or found["state"]["message"] == LOST_HERE
    assert list(alive.noted()) == []


def test_a_run_whose_process_lives_goes_on_also_on_another_server(rest: Rest, server: Server) -> None:
    run = submitted(rest, "RUNNING")
    with alive.begin(run):
        look_after(rest, ())
        mark_crashed(server.api, started_before=time.time() + 60)
        assert rest.get(f"/flow_runs/{run}")["state_type"] == "RUNNING"
    mark_crashed(server.api, started_before=time.time() + 60)
    assert rest.get(f"/flow_runs/{run}")["state_type"] == "CRASHED"

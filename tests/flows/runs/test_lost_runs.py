"""Runs that nobody follows any more are ended."""

from __future__ import annotations

import time

import pytest

from flows.runs.lost_runs import LOST, mark_crashed
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

"""`wanflow schedule list | pause | resume | run | remove` on a real Prefect server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner

from flows.cli.main import wanflow
from flows.errors import UserError
from flows.runs import submitting
from flows.runs.offer import offer
from flows.runs.rest import Rest
from flows.runs.schedules import Schedules
from flows.runs.server import Server

pytestmark = pytest.mark.slow
Schedule = Callable[..., str]


@pytest.fixture
def schedule(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Schedule]:
    """`schedule("pause", "boat")` on a server that has one schedule, `boat`."""

    @contextmanager
    def reached() -> Iterator[Rest]:
        with Rest(server.url, server.client()) as rest:
            yield rest

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(wanflow, ["schedule", *arguments], standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return result.stdout

    monkeypatch.setattr(submitting, "reached", reached)
    with reached() as rest:
        offer(rest, silence=None)
        schedules = Schedules(rest)
        schedules.put("boat", "0 6 * * MON", "Europe/Berlin", {"storyboard": "boat", "late": "6h"})
        yield run
        if any(each.name == "boat" for each in schedules._plain()):
            schedules.remove("boat")


def as_json(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document


def test_the_commands_say_what_they_did(schedule: Schedule, server: Server) -> None:
    assert "boat: 0 6 * * MON in Europe/Berlin" in schedule("list")
    assert schedule("pause", "boat") == "boat is paused; wanflow schedule resume boat goes on\n"
    (paused,) = as_json(schedule("list", "--json"))["schedules"]
    assert (paused["active"], paused["next"], paused["late"]) == (False, [], "6h")
    assert as_json(schedule("resume", "boat", "--json"))["schedule"]["active"]
    asked = as_json(schedule("run", "boat", "--json"))
    assert (asked["command"], asked["name"], asked["served"]) == ("schedule run", "boat", asked["problems"] == [])
    with pytest.raises(UserError, match="is made already"):
        schedule("run", "boat")
    with Rest(server.url, server.client()) as rest:
        rest.delete(f"/flow_runs/{asked['run']}")
    assert schedule("remove", "boat") == "boat is removed\n"
    assert "There is no schedule." in schedule("list")

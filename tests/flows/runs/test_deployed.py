"""The deployed flow in a real Prefect, with a film's process of its own that makes no film."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.callables import parameter_schema

from flows.runs import deployed, film_process
from flows.runs.deployed import film
from flows.runs.names import REFUSED
from flows.runs.served import VARIABLE, Served
from flows.runs.server import Server
from tests.flows.conftest import Ask

pytestmark = pytest.mark.slow


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Films are made by `told_film`, in `tmp_path`, under one override of the machine's."""
    monkeypatch.setattr(film_process, "FILMING", "tests.flows.runs.told_film")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setenv(VARIABLE, "")
    Served(str(tmp_path), ("render=draft",), "http://ui").tell()


def run(server: Server, storyboard: str, **given: Any) -> State[Any]:
    with temporary_settings({PREFECT_API_URL: server.api}):
        return film(storyboard, return_state=True, **given)


def shown(ask: Ask, state: State[Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The run, and how its tasks have ended."""
    run = state.state_details.flow_run_id
    of_run = {"flow_runs": {"id": {"any_": [str(run)]}}}
    (found,) = ask("/flow_runs/filter", of_run)
    return found, {task["name"]: task["state_type"] for task in ask("/task_runs/filter", of_run)}


def test_the_form_explains_every_parameter() -> None:
    schema = parameter_schema(film).model_dump()
    assert schema["required"] == ["storyboard"]
    assert all(each["description"] for each in schema["properties"].values())
    assert schema["properties"]["overrides"]["default"] == []
    assert schema["properties"]["priority"]["maximum"] == deployed.MOST


@pytest.mark.usefixtures("told")
def test_a_film_is_one_run_with_its_takes_called_after_it(server: Server, ask: Ask) -> None:
    state = run(server, "is made", overrides=["storyboard.seed=3"])
    found, takes = shown(ask, state)
    assert (found["name"], found["state_type"], state.message) == ("The told film", "COMPLETED", "film.mp4")
    assert takes == {"river.launch": "COMPLETED"}
    assert found["parameters"]["overrides"] == ["storyboard.seed=3"]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("storyboard", "how", "name"),
    [("is refused", "FAILED", REFUSED), ("fails", "FAILED", "Failed"), ("is killed", "CRASHED", "Crashed")],
)
def test_a_film_that_is_not_made_ends_as_it_should(
    server: Server, ask: Ask, storyboard: str, how: str, name: str
) -> None:
    found, takes = shown(ask, run(server, storyboard))
    assert (found["state_type"], found["state_name"]) == (how, name)
    assert set(takes) == {"river.launch"}


@pytest.mark.usefixtures("told")
def test_a_run_that_is_cancelled_ends_its_film_and_its_takes(server: Server, ask: Ask) -> None:
    def cancel() -> None:
        """Once the film is under way."""
        while not any(task["state_type"] == "RUNNING" for task in ask("/task_runs/filter", {})):
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=cancel).start()
    found, takes = shown(ask, run(server, "goes on"))
    assert (found["state_type"], takes) == ("CANCELLED", {"river.launch": "CANCELLED"})


@pytest.mark.usefixtures("told")
def test_the_film_of_a_schedule_says_so_in_its_name_and_on_a_page(server: Server, ask: Ask) -> None:
    state = run(server, "is made", schedule="monday", late="30m", deadline_in="3h")
    found, _ = shown(ask, state)
    assert found["name"] == "The told film (monday, latest)"
    of_run = {"artifacts": {"flow_run_id": {"any_": [found["id"]]}, "key": {"any_": ["schedule"]}}}
    (page,) = ask("/artifacts/filter", of_run)
    assert "| schedule | monday |" in page["data"]
    assert "latest: is made, as the machine finds it that makes the film" in page["data"]
    assert "| may begin later by | 30m |" in page["data"]
    assert run(server, "is made", late="two hours").is_failed()


@pytest.mark.usefixtures("told")
def test_what_cannot_be_shown_does_not_end_the_film(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise RuntimeError("the server has no room")

    monkeypatch.setattr(deployed.Following, "to_the_end", refuse)
    assert run(server, "is made").is_completed()


def test_a_worker_that_knows_no_films_is_told_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert run(server, "is made").name == REFUSED

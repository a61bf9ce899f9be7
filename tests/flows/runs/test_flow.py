"""The flow run of a film in a real Prefect: a task run for every take, and the film's end."""

from __future__ import annotations

import pytest
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.runs.feed import FEED
from flows.runs.flow import ON_RUN, film
from flows.runs.messages import Advanced, Began, Ended, Link, Message, Page, Said
from flows.runs.server import Server
from tests.flows.conftest import Ask
from tests.flows.runs.test_feed import OPENED, feed_of

pytestmark = pytest.mark.slow


def run(server: Server, *messages: Message) -> tuple[State[object], str]:
    """The state that the flow ends in, and the id of its run."""
    feed, ids = feed_of(OPENED, *messages), list[str]()
    feed.opening()
    with temporary_settings({PREFECT_API_URL: server.api}):
        kept, heard = FEED.set(feed), ON_RUN.set(ids.append)
        try:
            state = film("The boat", "/boat.yaml", "0", return_state=True)
        finally:
            FEED.reset(kept)
            ON_RUN.reset(heard)
    return state, ids[0]


def test_a_film_and_its_takes_end_as_they_are_said_to_end(server: Server, ask: Ask) -> None:
    state, number = run(
        server,
        Page("plan", "What is rendered", "# plan"),
        Began("river.launch"),
        Began("river.drift", ("river.launch",)),
        Said("", 20, "rendering"),
        Advanced("", 0.5),
        Ended("river.launch", "completed", "in 3 s"),
        Ended("river.drift", "cached", ""),
        Link("film", "The film", "file:///film.mp4", "film.mp4"),
        Ended("", "completed", "done"),
    )
    assert (state.is_completed(), state.message) == (True, "done")
    of_run = {"flow_runs": {"id": {"any_": [number]}}}
    (shown,) = ask("/flow_runs/filter", of_run)
    assert (shown["name"], shown["state_type"]) == ("The boat", "COMPLETED")
    takes = {task["name"]: task["state_name"] for task in ask("/task_runs/filter", of_run)}
    assert takes == {"river.launch": "Completed", "river.drift": "Cached"}
    runs = {task["name"]: task for task in ask("/task_runs/filter", of_run)}
    edges = runs["river.drift"]["task_inputs"]["wait_for"]
    assert [edge["id"] for edge in edges] == [runs["river.launch"]["id"]], (
        "what it goes on from is an edge of the graph"
    )
    kinds = {each["key"] for each in ask("/artifacts/filter", of_run)}
    assert {"plan", "film"} <= kinds


def test_what_was_never_told_the_end_of_has_crashed_with_its_takes(server: Server, ask: Ask) -> None:
    state, number = run(server, Began("river.launch"))
    assert state.is_crashed()
    (task,) = ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [number]}}})
    assert task["state_type"] == "CRASHED"

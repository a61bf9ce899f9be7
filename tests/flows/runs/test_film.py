"""Films whose run cannot be reported, with real Ray and real Prefect: made all the same."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.events import Event, Finished, Log
from flows.ledger import read_history
from flows.runs import run_film
from flows.runs.places import prefect_home
from flows.runs.server import Server
from flows.store import open_store
from tests.flows.film.filming import plan_in

pytestmark = pytest.mark.slow
STUB = RendererSpec("stub", {"seconds": 0.0})


@pytest.fixture
def own_home(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server of its own for one test, whose database need not be created."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    home = prefect_home()
    home.mkdir(parents=True)
    with (
        closing(sqlite3.connect(server.home / "prefect.db")) as made,
        closing(sqlite3.connect(home / "prefect.db")) as to,
    ):
        made.backup(to)
    return home


def kill_server(home: Path) -> None:
    """As soon as it has answered, with a run under way."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            address = json.loads((home / "server.json").read_text())
            body = {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
            if httpx.post(f"{address['url']}/api/flow_runs/filter", json=body, timeout=5).json():
                os.kill(address["pid"], signal.SIGKILL)
                return
        except (OSError, ValueError, httpx.HTTPError):
            continue
    raise AssertionError("the server never answered")


def test_a_server_killed_in_the_middle_costs_one_warning_and_the_next_film_has_another(
    own_home: Path, ray_here: RaySession, tmp_path: Path
) -> None:
    heard: list[Event] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Finished) and not any(isinstance(one, Finished) for one in heard):
            kill_server(own_home)
        heard.append(event)

    film = run_film(plan_in(tmp_path), on_event=on_event, renderer=STUB)
    assert film.path is not None
    assert film.path.exists()
    assert film.rendered == 3
    (warning,) = film.warnings
    assert "the run is not shown in Prefect (the film is made all the same)" in warning
    assert [event.message for event in heard if isinstance(event, Log) and event.level >= 30] == [warning]
    assert len(read_history(open_store(str(tmp_path / "store")))) == 3
    again = run_film(plan_in(tmp_path))
    assert (again.warnings, again.cached) == ((), 3)
    assert again.flow_run_id


def test_a_database_that_is_none_costs_one_warning(
    monkeypatch: pytest.MonkeyPatch, ray_here: RaySession, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    prefect_home().mkdir(parents=True)
    (prefect_home() / "prefect.db").write_bytes(os.urandom(10_000))
    film = run_film(plan_in(tmp_path), renderer=STUB)
    assert film.path is not None
    (warning,) = film.warnings
    assert "prefect.db is damaged" in warning
    assert (film.flow_run_id, film.run_url) == ("", "")

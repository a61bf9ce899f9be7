"""The deployed flow with a table, in a real Prefect and with a real pool: cancelled in the middle, and run again."""

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

from flows.runs import film_process
from flows.runs.deployed import film
from flows.runs.names import REFUSED
from flows.runs.served import VARIABLE, Served
from flows.runs.server import Server
from tests.flows.batch.batches import STORYBOARD, table
from tests.flows.conftest import Ask

pytestmark = pytest.mark.slow


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where films are made, with a storyboard and a table of its own."""
    monkeypatch.setattr(film_process, "FILMING", "tests.flows.runs.troubled_batch")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setenv(VARIABLE, "")
    overrides = (f"store.address={tmp_path / 'store'}", "film.preset=ultrafast", "cluster.attempts=1")
    Served(str(tmp_path), overrides, "http://ui").tell()
    (tmp_path / "spot.yaml").write_text(STORYBOARD)
    rows(tmp_path, "boat", "kite takes long")
    return tmp_path


def rows(folder: Path, *products: str) -> None:
    (folder / "rows.csv").write_text(table(["product"], *([each] for each in products)))


def run(server: Server, **given: Any) -> State[Any]:
    with temporary_settings({PREFECT_API_URL: server.api}):
        return film("spot.yaml", return_state=True, table="rows.csv", **given)


def films(ask: Ask, state: State[Any]) -> dict[str, str]:
    of_run = {"flow_runs": {"id": {"any_": [str(state.state_details.flow_run_id)]}}}
    return {task["name"]: task["state_name"] for task in ask("/task_runs/filter", of_run)}


def test_a_batch_that_is_cancelled_goes_on_when_it_is_run_again(server: Server, ask: Ask, farm: Path) -> None:
    def cancel() -> None:
        """Once the first film is made and the second is under way: a schedule's or a person's, it is the same."""
        while not list((farm / "outputs").rglob("boat/film.mp4")):
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=cancel).start()
    state = run(server, skip_bad=True)
    assert state.is_cancelled()
    assert films(ask, state)["kite-takes-long"] == "Cancelled"

    rows(farm, "boat", "star", "boat")
    refused = run(server)
    assert refused.name == REFUSED
    assert "row 4: the row says the same as row 2" in (refused.message or "")
    rows(farm, "boat", "star")
    again = run(server, skip_bad=True)
    assert again.is_completed(), again.message
    assert "star" in films(ask, again)
    assert sorted((farm / "rendered.txt").read_text().splitlines()) == ["a yellow star moves up", "boat", "star"]
    assert films(ask, run(server)) == {}, "all is there: a run says so, and makes nothing"


def test_what_a_table_cannot_be_is_refused(server: Server, farm: Path) -> None:
    gone = run(server, only=["all.own"])
    assert (gone.name, "a batch makes whole films" in (gone.message or "")) == (REFUSED, True)
    (farm / "rows.csv").write_text("product,notes\nboat,x\n")
    unknown = run(server)
    assert unknown.name == REFUSED
    assert "row 1: column 'notes': the storyboard has no such variable" in (unknown.message or "")

"""What `wanflow review RUN` finds: the store that was asked for, or of the overrides; and decisions when it is over."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from click.testing import CliRunner, Result

from flows.cli.main import wanflow
from flows.config import compose
from flows.errors import UserError
from flows.review.history import add_entry, drop_sheet
from flows.review.prepare import Reviewed, Wish, prepare, reach_of
from flows.runs.rest import Rest
from flows.store import Store, open_store
from tests.flows.review.reviews import NOW, entry, film, loaded
from tests.flows.review.test_make import decide, shown

RUN = "0198c2f5-6c44-7d0a-9f3e-5b2f4c1d7e88"
URL = "http://127.0.0.1:9"


class Server:
    """One that knows a single run."""

    def __init__(self) -> None:
        self.run: dict[str, Any] = {
            "id": RUN,
            "name": "Boat",
            "parameters": {"storyboard": "boat.yaml", "store": ""},
            "state_name": "WaitingForReview",
            "state_type": "PAUSED",
        }
        self.filled: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.filled.append(json.loads(request.content)["run_input"])
            return httpx.Response(200, json={"status": "ACCEPT"})
        return httpx.Response(200, json=self.run) if request.url.path.endswith(RUN) else httpx.Response(404)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    made = Server()

    @contextmanager
    def reached() -> Iterator[Rest]:
        with Rest(URL, httpx.Client(base_url=URL, transport=httpx.MockTransport(made))) as rest:
            yield rest

    monkeypatch.setattr("flows.runs.submitting.reached", reached)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # the store of who names none
    monkeypatch.chdir(tmp_path)
    return made


def waiting(folder: Path, *, in_store: bool = False) -> Reviewed:
    film(folder)
    wish = Wish(kind="stills", name=RUN, run=RUN, in_store=in_store)
    reviewed = prepare(partial(loaded, folder), wish, NOW)
    shown(reviewed)
    return reviewed


def review(*arguments: str) -> Result:
    return CliRunner().invoke(wanflow, ["review", RUN, *arguments])


def test_a_run_without_a_store_says_which_one_it_has_and_is_found_there(server: Server, tmp_path: Path) -> None:
    reviewed = waiting(tmp_path)
    command = shlex.split(reviewed.sheet.command)
    assert command == ["wanflow", "review", RUN, f"store.address={tmp_path / 'store'}"]
    lost = review("--approve-all")
    assert isinstance(lost.exception, UserError)
    assert f"the sheet of the run {RUN} is not in the store" in str(lost.exception)
    assert "store.address=ADDRESS" in str(lost.exception)
    done = CliRunner().invoke(wanflow, [*command[1:], "--approve-all"])
    assert done.exit_code == 0, done.exception
    assert len(server.filled) == 1


def test_a_run_with_a_store_is_found_by_its_id_alone(server: Server, tmp_path: Path) -> None:
    reviewed = waiting(tmp_path, in_store=True)
    assert reviewed.sheet.command == f"wanflow review {RUN}"
    server.run["parameters"]["store"] = str(tmp_path / "store")
    assert review("--approve-all").exit_code == 0


def test_the_store_that_everybody_has_is_not_named(server: Server, tmp_path: Path) -> None:
    assert reach_of(Wish(kind="draft", name=RUN, in_store=False), open_store(None)) == ()


def test_when_a_run_is_over_what_was_decided_is_told_and_nothing_can_be(server: Server, tmp_path: Path) -> None:
    reviewed = waiting(tmp_path, in_store=True)
    server.run["parameters"]["store"] = str(tmp_path / "store")
    decide(reviewed, launch="approve")
    add_entry(reviewed.store, reviewed.sheet.folder, entry(2, who="jo", rejected=True))
    drop_sheet(reviewed.store, reviewed.sheet)
    server.run |= {"state_name": "Rejected", "state_type": "COMPLETED"}
    told = review()
    assert told.exit_code == 0, told.exception
    assert told.output.splitlines() == [
        "Boat waits for no decisions. What was decided:",
        "maria on 2026-11-30 09:12 UTC (a test)",
        "    river.launch  approve",
        "jo on 2026-11-30 09:12 UTC (a test): rejected it",
    ]
    late = review("--approve-all")
    assert isinstance(late.exception, UserError)
    assert f"the run {RUN} waits for no decisions: it is Rejected" in str(late.exception)


def test_an_address_that_needs_quotes_has_them() -> None:
    address = "s3://films/team?endpoint=http://127.0.0.1:9&cache_gb=4"
    (override,) = reach_of(
        Wish(kind="draft", name=RUN, in_store=False), cast("Store", SimpleNamespace(address=address))
    )
    assert compose([override]).settings.store.address == address

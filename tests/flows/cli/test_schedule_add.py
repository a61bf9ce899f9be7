"""`wanflow schedule add`: every mistake is said with its flag and the fix, before anything is sent anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from flows.cli.forms.schedule import ScheduleAddDocument
from flows.cli.main import wanflow
from flows.errors import EnvironmentProblem, FlowsError
from flows.runs import schedules, submitting
from flows.runs.schedule import Schedule
from flows.store import open_store
from flows.store.layout import SUBMISSIONS
from tests.flows.batch.batches import STORYBOARD, table
from tests.flows.cli.conforming import faults

BOAT = """
storyboard: 1
title: The paper boat
scenes:
  - shots:
      - {id: launch, prompt: a boat moves}
"""


class Recorded:
    """In the place of a server's schedules: what was put there."""

    put_there: list[tuple[Any, ...]]
    knows_less = refuses = False

    def __init__(self, rest: object) -> None:
        self.paused = False

    def check_new(self, name: str, *, replace: bool) -> None:
        assert name

    def check_takes(self, parameters: dict[str, Any]) -> None:
        if self.knows_less:
            raise EnvironmentProblem("the machine that serves films has an older wanflow")
        assert "storyboard" in parameters

    def put(self, *what: Any) -> Schedule:
        if self.refuses:
            raise FlowsError("the Prefect server says 409")
        self.put_there.append(what)
        name, cron, zone, parameters = what
        return Schedule("1", name, True, cron, cron, zone, {**parameters, "schedule": name})


class Nobody:
    url = "http://farm:4200"


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    @contextmanager
    def reached() -> Iterator[Nobody]:
        yield Nobody()

    monkeypatch.chdir(tmp_path)
    (tmp_path / "boat.yaml").write_text(BOAT)
    Recorded.put_there = []
    monkeypatch.setattr(schedules, "Schedules", Recorded)
    monkeypatch.setattr(submitting, "reached", reached)
    monkeypatch.setattr(submitting, "is_served", lambda rest: True)
    return Recorded.put_there


def add(*arguments: str) -> tuple[str, FlowsError | None]:
    result = CliRunner().invoke(wanflow, ["schedule", "add", *arguments], standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, FlowsError):
        raise result.exception
    return result.output, result.exception


MONDAY = ("--cron", "0 6 * * MON", "--timezone", "Europe/Berlin")


def test_one_is_pinned_to_what_was_sent(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    output, failed = add(
        "boat.yaml", f"store.address={tmp_path}/store", "storyboard.seed=3", *MONDAY, "--deadline-in", "3h"
    )
    assert failed is None
    ((name, cron, zone, parameters),) = put
    assert (name, cron, zone) == ("the-paper-boat", "0 6 * * MON", "Europe/Berlin")
    assert parameters["storyboard"].startswith("sha256:")
    assert (parameters["store"], parameters["overrides"]) == (f"{tmp_path}/store", ["storyboard.seed=3"])
    assert (parameters["late"], parameters["deadline_in"], parameters["priority"]) == ("2h", "3h", 0)
    assert "pinned: as it was sent" in output
    assert list((tmp_path / "store").rglob(f"*{parameters['storyboard'][7:]}*"))


def test_the_latest_is_not_sent_but_checked_where_it_is_here(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    here = ("boat.yaml", f"store.address={tmp_path}/store", *MONDAY, "--latest", "--name", "boat")
    output, _ = add(*here)
    assert "latest: boat.yaml, as the machine finds it that makes the film" in output
    assert (put[0][3]["storyboard"], put[0][3]["store"]) == ("boat.yaml", "")
    assert not (tmp_path / "store").exists()
    output, _ = add("farm/boat.yaml", *MONDAY, "--latest")
    assert "farm/boat.yaml is not on this machine, so it was not checked" in output
    assert (put[1][0], put[1][3]["storyboard"]) == ("boat", "farm/boat.yaml")
    (tmp_path / "boat.yaml").write_text(BOAT.replace("prompt", "promt"))
    assert "promt" in str(add(*here)[1])
    assert len(put) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--cron", "0 6 * *"], "--cron '0 6 * *': this is no cron expression"),
        (["--cron", "0 0 6 * * MON"], "--cron '0 0 6 * * MON': 6 fields"),
        (["--cron", "0 0 30 2 *"], "--cron '0 0 30 2 *': there is no such day"),
        (["--timezone", "Berlin"], "--timezone Berlin: there is no such time zone\n    did you mean Europe/Berlin?"),
        (["--timezone", ""], "--timezone : there is no such time zone"),
        (["--name", "My Monday!"], "--name 'My Monday!': a name is of a-z"),
        (["--name", ""], "--name ''"),
        (["--late", "soon"], "--late soon: this is no length of time\n    write 30m"),
        (["--late", "0s"], "--late 0s"),
        (["--late", "9" * 20 + "d"], "this is no length of time"),
        (["--deadline-in", "18:00"], "--deadline-in 18:00: this is no length of time"),
        (["--only", "harbour"], "harbour"),
        (["seed=3"], "seed"),
    ],
)
def test_a_mistake_is_said_with_its_flag_and_nothing_is_sent(
    put: list[tuple[Any, ...]], tmp_path: Path, arguments: list[str], says: str
) -> None:
    _, failed = add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY, *arguments)
    assert failed is not None
    assert failed.exit_code == 2
    assert says in str(failed)
    assert put == []
    assert not (tmp_path / "store").exists()


def test_people_may_look_first(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    _, failed = add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY, "--review", "stills")
    assert failed is None
    assert put[0][3]["review"] == "stills"
    _, failed = add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY, "--review", "stills", "--only", "launch")
    assert "--only and --review exclude each other" in str(failed)
    assert len(put) == 1


def test_people_may_look_at_a_batch_first(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(table(["product"], ["boat"], ["kite"]))
    (tmp_path / "spot.yaml").write_text(STORYBOARD)
    _, failed = add("spot.yaml", f"store.address={tmp_path}/store", *MONDAY, "--review", "draft", "--table", "rows.csv")
    assert failed is None
    assert (put[0][3]["review"], put[0][3]["table"]) == ("draft", "rows.csv")


@pytest.mark.parametrize("how", ["knows_less", "refuses"])
def test_of_what_is_refused_nothing_stays_in_the_store(
    put: list[tuple[Any, ...]], tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recorded, how, True)
    _, failed = add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY)
    assert failed is not None
    assert open_store(f"{tmp_path}/store").notes(SUBMISSIONS) == ()
    monkeypatch.setattr(Recorded, how, False)
    add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY)
    (sent,) = open_store(f"{tmp_path}/store").notes(SUBMISSIONS)
    monkeypatch.setattr(Recorded, how, True)
    add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY)
    assert open_store(f"{tmp_path}/store").notes(SUBMISSIONS) == (sent,), "what was asked for before stays"


def test_a_long_title_is_a_name_all_the_same(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    (tmp_path / "boat.yaml").write_text(BOAT.replace("The paper boat", "boat " * 30))
    add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY)
    assert put[0][0] == "-".join(["boat"] * 13)[:63].rstrip("-")


def test_a_storyboard_with_a_mistake_is_refused_at_its_place(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    (tmp_path / "boat.yaml").write_text(BOAT.replace("prompt", "promt"))
    _, failed = add("boat.yaml", *MONDAY)
    assert failed is not None
    assert "boat.yaml:6:" in str(failed)
    assert put == []


def test_nobody_serves_is_said_before_anything_is_sent(
    put: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "is_served", lambda rest: False)
    output, _ = add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY)
    assert "warning: no machine serves films at http://farm:4200 now" in output
    document = json.loads(add("boat.yaml", f"store.address={tmp_path}/store", *MONDAY, "--json")[0])
    assert list(faults(document, ScheduleAddDocument)) == []
    assert (document["served"], document["schedule"]["pinned"], len(document["problems"])) == (False, True, 1)


def test_a_batch_is_pinned_with_its_table(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    (tmp_path / "spot.yaml").write_text(STORYBOARD)
    (tmp_path / "rows.csv").write_text(table(["sku", "product"], ["a", "boat"], ["b", "kite"]))
    batch = ("spot.yaml", f"store.address={tmp_path}/store", "--table", "rows.csv", "--film-name", "{{ sku }}")
    output, failed = add(*batch, "--matrix", "locale=en,de", *MONDAY)
    assert failed is None
    ((name, _, _, parameters),) = put
    assert name == "spot-rows"
    assert parameters["storyboard"].startswith("sha256:")
    told = {key: parameters[key] for key in ("table", "matrix", "film_name", "skip_bad", "max_films")}
    assert told == {
        "table": "rows.csv",
        "matrix": ["locale=en,de"],
        "film_name": "{{ sku }}",
        "skip_bad": False,
        "max_films": 10_000,
    }
    assert "scheduled   spot-rows: spot-rows: 4 films" in output
    assert "table       rows.csv" in output
    put.clear()
    _, failed = add(*batch, "--latest", *MONDAY)
    assert failed is None
    ((_, _, _, parameters),) = put
    assert (parameters["storyboard"], parameters["table"], parameters["store"]) == ("spot.yaml", "rows.csv", "")
    output, failed = add("spot.yaml", "--latest", "--table", "elsewhere.csv", *MONDAY)
    assert failed is None
    assert "elsewhere.csv is not on this machine, so it was not checked" in output


def test_a_wrong_name_of_films_is_not_the_schedules(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    (tmp_path / "spot.yaml").write_text(STORYBOARD)
    (tmp_path / "rows.csv").write_text(table(["product"], ["boat"]))
    batch = ("spot.yaml", f"store.address={tmp_path}/store", "--table", "rows.csv", "--name", "monday", *MONDAY)
    _, failed = add(*batch, "--film-name", "{{ nope }}")
    assert "the table has no column 'nope', and --film-name:1:4 needs it" in str(failed)
    _, failed = add(*batch, "--film-name", " ")
    assert "--film-name makes an empty name" in str(failed)
    assert not re.search(r"(?<!-)--name", str(failed))
    assert put == []


def test_of_a_table_with_a_wrong_row_nothing_is_sent(put: list[tuple[Any, ...]], tmp_path: Path) -> None:
    (tmp_path / "spot.yaml").write_text(STORYBOARD)
    (tmp_path / "rows.csv").write_text(table(["product"], ["boat"], ["boat"]))
    batch = ("spot.yaml", f"store.address={tmp_path}/store", "--table", "rows.csv")
    for more, wrong in (
        ((), "row 3"),
        (("--only", "all.own"), "--only: a batch makes whole films"),
        (("--matrix", "locale"), "--matrix locale"),
        (("--matrix", "nothing=1,2"), "no such variable"),
        (("--as", "Not Fit"), "--as Not Fit"),
    ):
        result = CliRunner().invoke(wanflow, ["schedule", "add", *batch, *more, *MONDAY], standalone_mode=False)
        assert isinstance(result.exception, FlowsError | click.UsageError)
        assert wrong in str(result.exception), more
    assert not put
    assert not (tmp_path / "store").exists()


def test_what_is_of_a_batch_needs_a_table(put: list[tuple[Any, ...]]) -> None:
    for more in (("--matrix", "locale=en,de"), ("--film-name", "x"), ("--skip-bad",), ("--as", "monday")):
        result = CliRunner().invoke(wanflow, ["schedule", "add", "boat.yaml", *more, *MONDAY])
        assert (result.exit_code, f"{more[0]} is for a film for each row" in result.output) == (2, True)

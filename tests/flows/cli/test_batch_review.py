"""`wanflow batch --review` and `wanflow review` of a batch, as a person and as a program use them. What would be
rendered is in the store already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from flows.batch.asked import Asked
from flows.batch.make import make_batch
from flows.batch.reviewing import final_batch
from flows.cli.events import EVENTS
from flows.cli.forms import FORMS
from flows.cli.main import wanflow
from flows.errors import FlowsError, StoryboardError, UserError
from flows.review.history import read_entries
from tests.flows.batch.reviews import batch, in_store, prepared
from tests.flows.cli.conforming import faults

Run = Callable[..., Result]
FOLDER = "outputs/film-rows"


@pytest.fixture
def asking(tmp_path: Path) -> Asked:
    return batch(tmp_path, "boat", "kite")


@pytest.fixture
def run(asking: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`wanflow batch --review stills`, or `wanflow review`; nobody watches, and nobody sits at a terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flows.runs.batch.run_batch", make_batch)

    def ran(*arguments: str) -> Result:
        if arguments[0] == "review":
            return CliRunner().invoke(wanflow, ["review", FOLDER, *arguments[1:]])
        reviewed = prepared(asking, "stills")
        in_store(reviewed.looks)
        if not reviewed.open:
            in_store(final_batch(reviewed))
        whole = ["batch", "film.yaml", "--table", "tables/rows.csv", "--review", "stills", *asking.overrides]
        return CliRunner().invoke(wanflow, [*whole, *arguments[1:]])

    return ran


def test_a_batch_waits_for_people_and_goes_on_when_they_have_decided(run: Run, asking: Asked, tmp_path: Path) -> None:
    first = run("batch")
    assert first.exit_code == 3, first.output
    assert f"sheet     {FOLDER}/review/sheet.html" in first.output
    assert "to decide boat:all.opening, boat:all.own, boat:all.end, kite:all.own" in first.output
    assert "Then the films: " in first.output
    assert "shared    2 of 4 looks, decided once for all films that have them" in first.output
    assert f"Next: wanflow review {FOLDER}" in first.output

    decided = run("review", "--approve-all", "--take", "kite:own", "--note", "kite:own=closer", "--by", "maria")
    assert decided.exit_code == 0, decided.output
    assert "kite:all.own  take, seed 4  (closer)" in decided.output
    second = run("batch")
    assert second.exit_code == 3
    assert "to decide kite:all.own\n" in second.output

    assert run("review", "--drop", "kite", "--by", "jo").exit_code == 0
    last = run("batch")
    assert last.exit_code == 0, last.output
    assert (tmp_path / FOLDER / "boat/film.mp4").exists()
    assert not (tmp_path / FOLDER / "kite").exists()
    manifest = json.loads((tmp_path / FOLDER / "manifest.json").read_text())
    assert [(film["name"], film["state"]) for film in manifest["films"]] == [("boat", "made"), ("kite", "rejected")]
    assert "rejected" in (tmp_path / FOLDER / "index.html").read_text()
    late = run("review", "--approve-all")
    assert isinstance(late.exception, UserError)
    assert "waits for no decisions" in str(late.exception)
    told = run("review")
    assert told.exit_code == 0, told.exception
    assert "film-rows waits for no decisions. What was decided:" in told.output
    assert "    kite:all.own  take, seed 4  (closer)\n" in told.output
    assert "    kite  drop\n" in told.output


def test_programs_read_what_waits_and_write_what_is_decided(
    run: Run, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    waiting = run("batch", "--json")
    assert waiting.exit_code == 3
    document = json.loads(waiting.stdout)
    assert document["waiting"] == ["boat:all.opening", "boat:all.own", "boat:all.end", "kite:all.own"]
    assert [*faults(document, FORMS["batch"])] == []
    events = run("batch", "--events")
    lines = [json.loads(line) for line in (capfdbinary.readouterr().out + events.stdout_bytes).splitlines()]
    (waits,) = [line for line in lines if line.get("event") == "waits for review"]
    assert waits["decide"] == f"wanflow review {FOLDER}"
    assert [*faults(waits, EVENTS["batch: waits for review"])] == []

    form: Any = json.loads(run("review", "--json").stdout)
    assert form["shots"]["boat:all.opening"]["films"] == ["boat", "kite"]
    form["shots"]["boat:all.opening"]["decision"] = "approve"
    form["shots"]["kite:all.own"] |= {"decision": "prompt", "prompt": "a kite at night"}
    form["shots"]["boat"] = "drop"
    (tmp_path / "d.json").write_text(json.dumps(form))
    taken = run("review", "--decisions", "d.json", "--json")
    assert taken.exit_code == 0, taken.exception
    told: Any = json.loads(taken.stdout)
    assert [(each["shot"], each["verdict"]) for each in told["taken"]["decisions"]] == [
        ("boat:all.opening", "approve"),
        ("kite:all.own", "prompt"),
        ("boat:", "drop"),
    ]
    assert [*faults(told, FORMS["review"])] == []
    again = run("review", "--decisions", "d.json")
    assert isinstance(again.exception, UserError)
    assert "in the meantime" in str(again.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--approve", "gone:own"), "--approve gone:own:1:1: no film of film-rows is called 'gone'"),
        (("--take", "boat:gone"), "--take boat:gone:1:1: no shot of boat is called 'gone'"),
        (("--drop", "boat", "--drop", "kite"), "no film would be left of the batch"),
    ],
)
def test_what_is_wrong_names_the_flag_and_nothing_is_kept(
    run: Run, asking: Asked, arguments: tuple[str, ...], said: str
) -> None:
    run("batch")
    wrong = run("review", *arguments)
    assert isinstance(wrong.exception, StoryboardError)
    assert said in str(wrong.exception)
    reviewed = prepared(asking, "stills")
    assert read_entries(reviewed.store, reviewed.sheet.folder) == ()


def test_a_batch_that_is_rejected_asks_again_and_who_is_late_has_no_film(run: Run) -> None:
    run("batch")
    assert "film-rows is rejected" in run("review", "--reject").output
    assert run("batch", "review.timeout=0.001s").exit_code == 3
    late = run("batch", "review.timeout=0.001s")
    assert isinstance(late.exception, FlowsError)
    assert "nobody has decided in time" in str(late.exception)


def test_a_plan_is_not_reviewed(run: Run) -> None:
    assert run("batch", "--plan").exit_code == 2


def test_where_every_shot_is_given_its_picture_programs_read_a_document_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (256, 144), "teal").save(tmp_path / "a.png")
    board = "storyboard: 1\ntitle: '{{ product }}'\nvariables: {product: {example: x}}\n"
    board += "scenes: [{shots: [{prompt: '{{ product }}', image: a.png}]}]\n"
    asking = batch(tmp_path, "boat", "kite", storyboard=board)
    arguments = ["batch", "film.yaml", "--table", "tables/rows.csv", "--review", "stills", *asking.overrides]
    waiting = CliRunner().invoke(wanflow, [*arguments, "--json"])
    assert waiting.exit_code == 3, waiting.exception
    document = json.loads(waiting.stdout)
    assert [*faults(document, FORMS["batch"])] == []
    assert document["waiting"] == ["boat:scene-1.shot-1", "kite:scene-1.shot-1"]
    assert Path(document["gallery"]).is_file()
    assert "Then the films: " in CliRunner().invoke(wanflow, arguments).output

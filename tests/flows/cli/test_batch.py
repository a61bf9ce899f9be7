"""`wanflow batch`: what it is told, what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flows.batch.events import FilmNews
from flows.batch.make import BatchResult
from flows.batch.manifest import Entry
from flows.batch.plan import plan_batch
from flows.cli.batch_documents import document_of, plan_document
from flows.cli.batch_events import film_line
from flows.cli.batch_words import closing_lines, plan_lines
from flows.cli.events import EVENTS
from flows.cli.forms import FORMS
from flows.cli.main import wanflow as group
from flows.cli.outcome import report
from flows.cli.table_options import split_matrix
from tests.flows.batch.batches import asked, table
from tests.flows.cli.conforming import faults


def result(folder: Path, *entries: Entry) -> BatchResult:
    return BatchResult(
        folder=folder,
        entries=entries,
        manifest=folder / "manifest.json",
        parquet=folder / "manifest.parquet",
        gallery=folder / "index.html",
        rendered=3,
        seconds=61.0,
    )


def test_names_behind_a_matrix_go_on_with_it() -> None:
    overrides = ("aspect=16:9,9:16", "render=draft", "storyboard.seed=3", "cluster.priority=1", "storyboard=x")
    assert split_matrix(("locale=en,de",), overrides) == (("locale=en,de", "aspect=16:9,9:16"), overrides[1:])
    assert split_matrix((), overrides) == ((), overrides)


def test_a_plan_says_what_is_shared(tmp_path: Path) -> None:
    plan = plan_batch(asked(tmp_path, table(["product"], *([f"boat {chr(97 + n)}"] for n in range(25)))), weights=False)
    lines = plan_lines(plan)
    assert lines[0].startswith("film-rows: 25 films of film.yaml")
    assert "and 5 films more; --json has them all" in lines
    assert lines[-1].startswith("Cost: ")
    assert lines[-2].startswith("Plan: 50 clips, 24 of them shared with another film; 26 clips to render; films of ")
    assert [*faults(plan_document(plan), FORMS["batch --plan"])] == []


def test_the_end_names_what_is_not_there(tmp_path: Path) -> None:
    plan = plan_batch(asked(tmp_path, table(["product"], ["boat"])), weights=False)
    lost = Entry(name="kite", row=3, state="failed", error="it broke")
    made = result(tmp_path, Entry(name="boat", row=2, state="made"), lost)
    lines = closing_lines(made)
    assert "    row 3 kite: failed: it broke" in lines
    document = document_of(plan, made)
    assert document["exit_code"] == 1
    assert [*faults(document, FORMS["batch"])] == []
    assert document_of(plan, result(tmp_path, Entry(name="boat", row=2, state="kept")))["exit_code"] == 0
    assert lines[-1].startswith("\nNext: mend these, and run")
    assert "Next:" not in closing_lines(result(tmp_path, Entry(name="boat", row=2, state="kept")))[-1]


def test_the_end_of_one_that_a_cap_stopped_says_so_and_how_to_go_on(tmp_path: Path) -> None:
    """What films were stopped for is said once, and such films are nobody's mistake."""
    boat = Entry(name="boat", row=2, state="made")
    late = [Entry(name=f"n{row}", row=row, state="stopped", error="cost.cap.batch=6: no more") for row in range(3, 40)]
    lines = closing_lines(result(tmp_path, boat, *late))
    assert lines[-2:] == [
        "    row 3 n3 and 36 films more: stopped: cost.cap.batch=6: no more",
        "\nNext: raise the cap, and run the same command again: what is made is kept",
    ]
    lost = Entry(name="", row=40, state="refused", error="no such picture")
    both = closing_lines(result(tmp_path, boat, *late, lost))
    assert both[-2] == "    row 40: refused: no such picture"
    assert both[-1].startswith("\nNext: mend these, raise the cap, and run")


def test_events_of_films_have_their_form() -> None:
    line = film_line(FilmNews("boat", 2, "made", 1.23456))
    assert [*faults(line, EVENTS["batch: film"])] == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    asked(tmp_path, table(["product", "notes"], ["boat", "x"], ["boat", "y"]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, Any]:
    ran = CliRunner().invoke(group, ["batch", "film.yaml", "--table", "tables/rows.csv", *arguments])
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        return report(ran.exception), ran.exception
    return ran.exit_code, ran.stdout


def test_a_table_that_is_wrong_ends_with_2_and_writes_nothing(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, _ = run()
    assert code == 2
    said = capfd.readouterr().err
    assert "error: tables/rows.csv: row 1: column 'notes': the storyboard has no such variable" in said
    assert not (here / "outputs").exists()
    code, _ = run("--ignore", "notes")
    assert code == 2
    assert "row 3: the row says the same as row 2" in capfd.readouterr().err


def test_a_plan_is_printed_for_programs(here: Path) -> None:
    code, out = run("--name", "{{ notes }}", "--plan", "--json")
    assert code == 0
    document = json.loads(out)
    assert [film["name"] for film in document["films"]] == ["x", "y"]
    assert document["totals"]["shared"] == 2
    assert [*faults(document, FORMS["batch --plan"])] == []


def test_a_plan_needs_no_models_if_it_is_to_render_nothing(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    batch = ("--name", "{{ notes }}", "model=wan22", f"model.root={here / 'nowhere'}")
    code, _ = run(*batch, "--plan")
    assert code == 2
    assert "nowhere" in capfd.readouterr().err
    code, out = run(*batch, "--plan", "--no-weights")
    assert code == 0
    assert "Planned without weights" in out
    code, out = run(*batch, "--plan", "--no-weights", "--json")
    assert (code, json.loads(out)["weights"]) == (0, False)
    code, _ = run(*batch, "--no-weights")
    assert code == 2

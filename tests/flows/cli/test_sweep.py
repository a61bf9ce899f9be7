"""`wanflow sweep`: what it is told, what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.batch.events import FilmNews
from flows.batch.make import BatchResult
from flows.batch.manifest import Entry
from flows.batch.sweep import plan_sweep
from flows.cli.batch_events import warner
from flows.cli.forms import FORMS
from flows.cli.main import wanflow as group
from flows.cli.outcome import report
from flows.cli.sweep_documents import document_of
from flows.cli.sweep_words import closing_lines, plan_lines
from tests.flows.batch.sweeps import STORYBOARD, own, swept
from tests.flows.cli.conforming import faults


def result(folder: Path, *entries: Entry) -> BatchResult:
    return BatchResult(
        folder=folder,
        entries=entries,
        manifest=folder / "manifest.json",
        parquet=folder / "manifest.parquet",
        gallery=folder / "index.html",
        sheet=folder / "sheet.jpg",
        rendered=3,
        seconds=61.0,
    )


def test_a_plan_says_what_differs_and_what_is_shared(tmp_path: Path) -> None:
    plan = plan_sweep(swept(tmp_path, f"storyboard.seed={','.join(map(str, range(1, 31)))}"), weights=False)
    lines = plan_lines(plan)
    assert lines[0].startswith("film-seed: 30 films of film.yaml, in ")
    assert lines[1] == "+ seed-1  seed: 1  1.0 s"
    assert "and 10 films more; --json has them all" in lines
    assert lines[-1].startswith("Cost: ")
    assert lines[-2].startswith("Plan: 90 clips, 58 of them shared with another film; 32 clips to render; films of ")


def test_the_end_says_where_the_sheet_is_and_what_is_not_there(tmp_path: Path) -> None:
    plan = plan_sweep(swept(tmp_path, "storyboard.seed=1,2"), weights=False)
    made = result(tmp_path, Entry(name="seed-1", row=1, state="made"), Entry(name="seed-2", row=2, state="made"))
    assert f"sheet     {tmp_path / 'index.html'}" in closing_lines(made)
    assert closing_lines(made)[-1].endswith("wanflow pick " + f"{tmp_path} seed-1")
    assert [*faults(document_of(plan, made), FORMS["sweep"])] == []
    lost = result(tmp_path, Entry(name="seed-1", row=1, state="failed", error="it broke"))
    assert "    seed-1: failed: it broke" in closing_lines(lost)
    assert "pick" not in closing_lines(lost)[-1], "there is none to choose"
    late = [Entry(name=f"seed-{n}", row=n, state="stopped", error="cost.cap.batch=6: no more") for n in (1, 3)]
    stopped = closing_lines(result(tmp_path, late[0], Entry(name="seed-2", row=2, state="kept"), late[1]))
    assert "    seed-1 and 1 film more: stopped: cost.cap.batch=6: no more" in stopped
    assert stopped[-2].startswith("Next: raise the cap, and run the same command again")
    assert stopped[-1].endswith(f"wanflow pick {tmp_path} seed-2"), "one that is there"
    document = document_of(plan, lost)
    assert (document["exit_code"], document["overrides"]) == (1, list(plan.overrides))


def test_a_film_that_fails_is_told_by_its_name_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_sweep(swept(tmp_path, "storyboard.seed=1,2"), weights=False)
    warner(plan)(FilmNews("seed-2", 2, "failed", message="it broke"))
    assert capsys.readouterr().err == "seed-2: it broke\n"


def test_the_plan_as_a_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "film.yaml").write_text(STORYBOARD)
    monkeypatch.chdir(tmp_path)
    arguments = ["sweep", "film.yaml", "storyboard.seed=1,2", "--draft", "--plan", "--json", *own(tmp_path)]
    done = CliRunner().invoke(group, arguments)
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert [*faults(document, FORMS["sweep --plan"])] == []
    assert [film["differs"] for film in document["films"]] == [{"storyboard.seed": "1"}, {"storyboard.seed": "2"}]
    assert document["overrides"][0] == "render=draft"
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["storyboard.seed=1"], "there is nothing to compare"),
        (["storyboard.seed=1,2", "storyboard=other"], "the storyboard is named already"),
        (["storyboard.seed=1,2", "--as", "My Sweep"], "--as my-sweep"),
        (["storyboard.seed=1,2,3", "--max-films", "2"], "--max-films N"),
        (["storyboard.shots.own.take=1,3"], "override storyboard.shots.own.take=3:1:27: shot all.own: take 3"),
        (["storyboard.seed=1,2", "rendr=draft"], "did you mean render?"),
    ],
)
def test_a_mistake_ends_with_2_before_anything_is_rendered(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "film.yaml").write_text(STORYBOARD)
    done = CliRunner().invoke(group, ["sweep", str(tmp_path / "film.yaml"), *arguments, *own(tmp_path)])
    assert done.exception is not None
    code = report(done.exception) if not isinstance(done.exception, SystemExit) else done.exit_code
    assert code == 2
    assert said in capsys.readouterr().err + done.output
    assert not (tmp_path / "outputs").exists()
    assert not (tmp_path / "store").exists()

"""`wanflow pick`: of films and sweeps, kept, forgotten, written, and every mistake with exit code 2."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flows.batch.manifest import Entry, Manifest, write_json
from flows.batch.sheet import Frame, Row, Sheet, read_sheet, write_sheet
from flows.cli.forms import FORMS
from flows.cli.main import wanflow as group
from flows.cli.outcome import report
from flows.errors import UserError
from flows.planning import plan_to_json
from flows.project import load, plan
from flows.resolve.picks import picks_of
from flows.store import Store, open_store
from tests.flows.batch.sweeps import STORYBOARD, own
from tests.flows.cli.conforming import faults
from tests.flows.records import empty_record

BEHIND = f"{STORYBOARD}      - {{id: behind, prompt: a blue ball, continuity: previous}}\n"
Pick = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def film(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A storyboard, and the folder of the film that was made of it: all its takes are in the store."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.yaml").write_text(BEHIND)
    made = plan(load("film.yaml", own(tmp_path)))
    for clip in made.clips:
        store.publish(empty_record(clip.fingerprint))
    folder = tmp_path / "outputs" / "small"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(plan_to_json(made)))
    return folder


@pytest.fixture
def pick(tmp_path: Path) -> Pick:
    """Runs the command, with the overrides that keep it here; what it printed."""

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(group, ["pick", *arguments, *own(tmp_path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_a_take_is_kept_shown_and_forgotten(film: Path, pick: Pick, store: Store, tmp_path: Path) -> None:
    assert "all.own  the best score" in pick("film.yaml")
    said = pick("film.yaml", "own=2")
    assert "all.own: take 2, chosen by you on " in said
    assert "rendered anew is what goes on from it: all.behind" in said
    assert [each.take for each in picks_of(store, str(tmp_path / "film.yaml"))] == [2]
    planned = plan(load("film.yaml", own(tmp_path)))
    assert [take.number for take in planned.shots[1].takes] == [2]
    assert planned.shots[0].takes[0].status == planned.shots[1].takes[0].status == "cached"
    assert planned.shots[2].takes[0].status == "new"
    assert "all.own  take 2, chosen by you" in pick(str(film))
    assert "the best score" in pick("outputs/small", "all.own=auto")
    assert plan(load("film.yaml", own(tmp_path))).totals.cached == 4


def test_it_is_written_into_the_file(film: Path, pick: Pick, store: Store, tmp_path: Path) -> None:
    pick("film.yaml", "own=1")
    said = pick("film.yaml", "own=2", "--write")
    assert f"take: 2 in {tmp_path / 'film.yaml'}" in said
    assert (tmp_path / "film.yaml").read_text() == BEHIND.replace("takes: 2}", "take: 2, takes: 2}")
    assert picks_of(store, str(tmp_path / "film.yaml")) == (), "what the file says is alone"
    planned = plan(load("film.yaml", own(tmp_path)))
    assert planned.shots[1].choice.by == "storyboard"


def test_documents_are_of_their_form(film: Path, pick: Pick, tmp_path: Path) -> None:
    document = json.loads(pick("film.yaml", "own=2", "--json"))
    assert [*faults(document, FORMS["pick"])] == []
    assert [shot["picked"] for shot in document["shots"]] == [None, 2, None]
    a_sweep(tmp_path)
    document = json.loads(pick("both", "seed-2", "--json"))
    assert [*faults(document, FORMS["pick SWEEP"])] == []
    assert (document["film"], document["overrides"]) == ("seed-2", ["render=draft", "storyboard.seed=2"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["film.yaml", "ow=2"], "no shot is called 'ow'; did you mean own?"),
        (["film.yaml", "own=0"], "all.own has 2 takes; write a number from 1 to 2, or auto"),
        (["film.yaml", "own=3"], "write a number from 1 to 2"),
        (["film.yaml", "opening=1"], "all.opening has one take"),
        (["film.yaml", "own=2", "storyboard.title=Never made"], "no film of film.yaml was made yet"),
        (["film.yaml", "seed-1"], "film.yaml is no sweep; choose takes: SHOT=TAKE"),
        (["film.yaml", "--write"], "name what is to be written"),
        (["flm.yaml"], "there is no storyboard 'flm.yaml'\n    did you mean film?"),
        (["outputs"], "no film was made in "),
        (["film.yaml", "own=2", "cluster.adress=x"], "no shot is called"),
        (["film.yaml", "own=2", "render=none"], "no such option"),
        (["both", "sed-1"], "no film of both is called 'sed-1'; did you mean seed-1?"),
        (["both", "seed-3"], "seed-3 was not made"),
        (["both", "seed-1", "seed-2"], "one film of a sweep is chosen, not 2"),
        (["both", "own=2"], "name the film of both whose takes are chosen: seed-1, seed-2, seed-3"),
        (["both", "seed-1", "--write"], "--write is for takes"),
        (["rows", "boat"], "is a batch of a table"),
    ],
)
def test_a_mistake_ends_with_2(
    arguments: list[str], said: str, film: Path, tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    a_sweep(tmp_path)
    (tmp_path / "outputs" / "rows").mkdir()
    (tmp_path / "outputs" / "rows" / "manifest.json").write_text("{}")
    done = CliRunner().invoke(group, ["pick", *arguments, *own(tmp_path)])
    assert done.exception is not None
    code = report(done.exception) if not isinstance(done.exception, SystemExit) else done.exit_code
    assert code == 2
    assert said in capsys.readouterr().err + done.output
    assert picks_of(store, str(tmp_path / "film.yaml")) == ()
    assert (tmp_path / "film.yaml").read_text() == BEHIND


def test_what_the_storyboard_chose_is_changed_there(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = BEHIND.replace("takes: 2}", "takes: 2, take: 2}")
    (tmp_path / "film.yaml").write_text(chosen)
    (film / "plan.json").write_text(json.dumps(plan_to_json(plan(load("film.yaml", own(tmp_path))))))
    done = CliRunner().invoke(group, ["pick", "film.yaml", "own=1", *own(tmp_path)])
    assert done.exception is not None
    assert report(done.exception) == 2
    place = f"film.yaml:{_place_of(chosen, 'take: 2}')}"
    told = capsys.readouterr().err
    assert f"{place}: shot all.own: the storyboard says its take here, which wins" in told
    assert "change it: add --write" in told
    done = CliRunner().invoke(group, ["pick", "film.yaml", "own=1", "--write", *own(tmp_path)])
    assert done.exit_code == 0
    assert (tmp_path / "film.yaml").read_text() == chosen.replace("take: 2}", "take: 1}")


@pytest.mark.parametrize("of", ["film.yaml", "outputs/small"])
def test_what_was_written_after_the_film_was_made_wins_too(
    of: str, film: Path, pick: Pick, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pick("film.yaml", "own=2", "--write")
    for choice, fix in (("own=1", "change it: add --write"), ("own=auto", "remove it: add --write")):
        done = CliRunner().invoke(group, ["pick", of, choice, *own(tmp_path)])
        assert done.exception is not None
        assert report(done.exception) == 2
        told = capsys.readouterr().err
        assert f"film.yaml:{_place_of(BEHIND, 'takes: 2}')}: shot all.own: " in told
        assert fix in told
    assert picks_of(store, str(tmp_path / "film.yaml")) == ()
    assert "all.own  chosen in the storyboard, film.yaml:" in pick(of)
    pick(of, "own=auto", "--write")
    assert (tmp_path / "film.yaml").read_text() == BEHIND
    assert "take 1, chosen by you" in pick(of, "own=1")


def test_an_override_that_says_a_take_is_named(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["film.yaml", "own=1", "storyboard.shots.own.take=2", *own(tmp_path)]
    done = CliRunner().invoke(group, ["pick", *arguments])
    assert done.exception is not None
    assert report(done.exception) == 2
    told = capsys.readouterr().err
    assert "override storyboard.shots.own.take=2" in told
    assert "leave it out" in told


def _place_of(text: str, words: str) -> str:
    """Line and column of the value of a `take:` where these words stand."""
    number, line = next((n, line) for n, line in enumerate(text.splitlines(), 1) if words in line)
    return f"{number}:{line.index(words) + len('take: ') + 1}"


def test_takes_are_chosen_in_a_film_of_a_batch(film: Path, pick: Pick, store: Store, tmp_path: Path) -> None:
    rows = tmp_path / "outputs" / "rows"
    rows.mkdir()
    film.rename(rows / "boat")
    entries = [Entry(name="boat", row=2, state="made"), Entry(name="kite", row=3, state="failed")]
    write_json(Manifest(batch="rows", storyboard="film.yaml", table="rows.csv", films=entries), rows)
    for arguments in (["rows", "boat", "own=2"], ["outputs/rows/boat", "own=1"]):
        said = pick(*arguments)
        assert "Next: make its batch, or sweep, again, as it was made" in said
    assert [each.take for each in picks_of(store, str(tmp_path / "film.yaml"))] == [1]
    wrong = {("rows", "own=2"): "name the film of rows whose takes are chosen: boat, kite"}
    wrong |= {("rows", "baot", "own=2"): "no film of rows is called 'baot'; did you mean boat?"}
    wrong |= {("rows", "kite", "own=2"): "no film was made in"}
    for arguments, told in wrong.items():
        with pytest.raises(UserError, match=re.escape(told)):
            pick(*arguments)


def test_a_film_of_a_sweep_is_marked_and_its_command_told(film: Path, pick: Pick, tmp_path: Path) -> None:
    folder = a_sweep(tmp_path)
    assert "Keep one: wanflow pick outputs/both seed-1" in pick("both")
    said = pick("outputs/both", "seed-2")
    assert "wanflow render film.yaml render=draft storyboard.seed=2" in said
    sheet = read_sheet(folder)
    assert sheet is not None
    assert sheet.picked is not None
    assert sheet.picked.film == "seed-2"
    assert "seed-2 was picked" in (folder / "index.html").read_text()
    assert "* seed-2" in pick("both")
    pick("both", "auto")
    assert "was picked" not in (folder / "index.html").read_text()


def a_sweep(folder: Path) -> Path:
    """Three films, one of which was not made."""
    made = folder / "outputs" / "both"
    made.mkdir(parents=True, exist_ok=True)

    def row(seed: int, **values: Any) -> Row:
        frames = [Frame()]
        differs, overrides = {"seed": str(seed)}, [f"storyboard.seed={seed}"]
        return Row(name=f"seed-{seed}", differs=differs, overrides=overrides, frames=frames, **values)

    rows = [
        row(1, state="made", film="seed-1/film.mp4"),
        row(2, state="kept", film="seed-2/film.mp4"),
        row(3, state="failed", error="it broke"),
    ]
    sheet = Sheet(
        sweep="both",
        title="Small",
        storyboard=str(folder / "film.yaml"),
        store=str(folder / "store"),
        aspect=1.778,
        shots=["all.own"],
        rows=rows,
        overrides=["render=draft"],
    )
    write_sheet(sheet, made)
    (made / "manifest.json").write_text("{}")
    return made

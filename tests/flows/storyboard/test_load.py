"""A storyboard by name or path, quickly, and without the heavy libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.errors import StoryboardError
from flows.storyboard import check_storyboard, find_storyboard, load_storyboard
from tests.flows.storyboard.conftest import Desk

SMALL = "storyboard: 1\ntitle: x\nscenes: [{shots: [{prompt: a}]}]\n"
REPOSITORY = Path(__file__).parents[3]


def test_a_storyboard_is_found_by_name_and_by_path(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(SMALL, "storyboards/boat.yaml")
    desk.write(SMALL, "elsewhere/kite.yml")
    monkeypatch.chdir(desk.folder)
    for name in (
        "boat",
        "boat.yaml",
        "storyboards/boat.yaml",
        "storyboards/boat",
        desk.folder / "storyboards/boat.yaml",
    ):
        assert load_storyboard(name).title == "x"
    assert find_storyboard("kite", [desk.folder / "elsewhere"]).name == "kite.yml"


def test_an_unknown_name_names_the_nearest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(SMALL, "storyboards/paper_boat.yaml")
    monkeypatch.chdir(desk.folder)
    with pytest.raises(StoryboardError) as raised:
        load_storyboard("paper_bot")
    (problem,) = raised.value.problems
    assert (problem.message, problem.fix) == ("there is no storyboard 'paper_bot'", "did you mean paper_boat?")
    assert "did you mean storyboards/paper_boat.yaml?" in str(check_storyboard("storyboards/paper_boot.yaml")[0])


def test_loading_raises_everything_that_checking_reports(desk: Desk) -> None:
    path = desk.write(SMALL + "extra: 1\nseed: x\n")
    with pytest.raises(StoryboardError) as raised:
        load_storyboard(path)
    assert list(raised.value.problems) == check_storyboard(path)
    assert len(raised.value.problems) == 2
    assert raised.value.exit_code == 2


def test_nothing_is_written_and_nothing_of_the_file_is_run(desk: Desk) -> None:
    desk.write(SMALL.replace("a}", "'!!python/object/apply:os.system [\"touch pwned\"]'}"))
    before = sorted(desk.folder.rglob("*"))
    assert check_storyboard(desk.path) == []
    assert sorted(desk.folder.rglob("*")) == before


def test_checking_imports_nothing_heavy(desk: Desk) -> None:
    code = (
        "import json, sys; from flows.storyboard import check_storyboard; "
        f"problems = check_storyboard({str(desk.write(SMALL))!r}); heavy = ['torch', 'pyarrow', 'ray', 'prefect', "
        "'diffusers', 'transformers', 'hydra', 'jsonschema']; "
        "print(json.dumps([len(problems), [name for name in heavy if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    problems, heavy = json.loads(done.stdout)
    assert (problems, heavy) == (0, [])


def test_a_thousand_shots_load_in_a_moment(desk: Desk) -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/check_10k.py", "--shots", "1000", "--one-asset"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    figures = json.loads(done.stdout)
    assert figures["shots"] == 1000
    assert figures["load_cpu_seconds"] < 1.5


def test_a_name_that_no_disk_takes_and_no_name_at_all_are_answered(tmp_path: Path) -> None:
    with pytest.raises(StoryboardError, match=r"there is no storyboard 'a{200}'"):
        find_storyboard("a" * 5000)
    with pytest.raises(StoryboardError, match="write it to a file"):
        find_storyboard("-")


def test_what_editors_leave_beside_storyboards_is_suggested_to_nobody(desk: Desk) -> None:
    for name in ("boat.yaml", "._boat.yaml", ".#boat.yaml"):
        desk.write(SMALL, f"films/{name}")
    with pytest.raises(StoryboardError, match="known: boat,"):
        find_storyboard("unlike", [desk.folder / "films"])

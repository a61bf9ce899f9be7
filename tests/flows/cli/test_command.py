"""The command from outside: help, exit codes, and what a person reads when something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Wanflow = Callable[..., subprocess.CompletedProcess[str]]
HEAVY = {"torch", "ray", "prefect", "diffusers", "transformers", "pyarrow", "ffmpeg", "av", "fastapi"}
LOADED = """
import sys
from flows.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert end.code == 0, end.code
print("LOADED", *sorted(set(sys.modules) & set({heavy!r})))
"""

STORYBOARD = """\
storyboard: 1
title: A test
scenes:
  - shots:
      - prompt: a white boat moves left to right
"""


@pytest.mark.parametrize("arguments", [["--help"], ["render", "--help"], ["check", "film.yaml"], ["init", "mine"]])
def test_help_and_check_load_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "film.yaml").write_text(STORYBOARD)
    script = LOADED.replace("{heavy!r}", repr(HEAVY))
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "LOADED", done.stdout + done.stderr


def test_check_reports_every_problem_of_every_file_with_its_line(wanflow: Wanflow, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "good.yaml").write_text(STORYBOARD)
    (here / "bad.yaml").write_text(STORYBOARD.replace("prompt:", "promt:").replace("title:", "tittle:"))
    done = wanflow("check", "good.yaml", "bad.yaml", "missing.yaml")
    assert done.returncode == 2
    assert "good.yaml: no problems" in done.stdout
    assert "error: bad.yaml:2:1: unknown key 'tittle'" in done.stderr
    assert "    tittle: A test\n    ^" in done.stderr
    assert "error: bad.yaml:5:9: shot scene-1.shot-1: unknown key 'promt'" in done.stderr
    assert "missing.yaml" in done.stderr
    assert "in 2 of 3 files" in done.stderr


def test_check_speaks_json(wanflow: Wanflow, tmp_path: Path) -> None:
    (tmp_path / "here/bad.yaml").write_text(STORYBOARD.replace("title:", "tittle:"))
    done = wanflow("check", "bad.yaml", "--json")
    assert done.returncode == 2
    problems = json.loads(done.stdout)["problems"]
    assert [(each["line"], each["column"]) for each in problems if "tittle" in each["message"]] == [(2, 1)]
    assert all(each["fix"] for each in problems)


def test_check_of_a_hopeless_file_shows_the_beginning(wanflow: Wanflow, tmp_path: Path) -> None:
    (tmp_path / "here/bad.yaml").write_text(STORYBOARD + "      - promt: a kite\n" * 300)
    done = wanflow("check", "bad.yaml")
    assert done.returncode == 2
    assert "and 100 more; mend these first" in done.stderr
    assert "300 problems in 1 of 1 file" in done.stderr
    assert len(done.stderr.splitlines()) == 200 * 4 + 2
    assert len(json.loads(wanflow("check", "bad.yaml", "--json").stdout)["problems"]) == 300


def test_check_of_a_good_file_is_exit_code_0(wanflow: Wanflow, tmp_path: Path) -> None:
    (tmp_path / "here/film.yaml").write_text(STORYBOARD)
    assert wanflow("check", "film.yaml").returncode == 0


def test_doctor_lists_every_key_and_sees_what_is_missing(wanflow: Wanflow) -> None:
    listed = wanflow("doctor", "--config", "render=draft", "--json")
    assert json.loads(listed.stdout)["configuration"]["render.steps_scale"] == 0.5
    done = wanflow("doctor", "model=wan22", "model.root=/nowhere", "film.ffmpeg=/nowhere/ffmpeg", "--json")
    assert done.returncode == 2
    findings = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
    assert (findings["python"]["state"], findings["python"]["fix"]) == ("good", None)
    assert (findings["root"]["state"], findings["root"]["found"]) == ("bad", "model.root=/nowhere is no folder")
    assert "/nowhere/ffmpeg" in findings["ffmpeg"]["found"]
    assert "film.ffmpeg=" in findings["ffmpeg"]["fix"]


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m flows.cli doctor --config | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""

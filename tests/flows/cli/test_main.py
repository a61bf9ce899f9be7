"""The group of commands: help, versions, wrong command lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli.main import COMMANDS
from flows.cli.main import wanflow as group
from tests.flows.cli.conftest import Wanflow

STORYBOARD = """\
storyboard: 1
title: A test
scenes:
  - shots:
      - prompt: a white boat moves left to right
"""


def test_help_names_every_command_and_each_help_shows_an_example() -> None:
    runner = CliRunner()
    overview = runner.invoke(group, ["--help"])
    assert overview.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name}" in overview.output
        told = runner.invoke(group, [name, "--help"])
        assert told.exit_code == 0
        assert "Example" in told.output
        assert f"wanflow {name}" in told.output


def test_version(wanflow: Wanflow) -> None:
    assert wanflow("--version").stdout.startswith("wanflow, version ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["rendr", "x"], "did you mean render?"),
        (["render"], "Missing argument 'STORYBOARD'"),
        (["render", "film.yaml", "--onyl", "a.b"], "--only"),
        (["plan", "film.yaml", "rendr=final"], "error: rendr=final: there is no rendr; did you mean render?"),
        (["render", "film.yaml", "render=fnal"], "did you mean final?"),
        (["plan", "flim.yaml"], "film"),
        (["check", "film.yaml", "--config-dir", "nowhere"], "there is no such directory"),
        (["history", "store.address=ftp://bucket"], "name a folder: store.address=FOLDER"),
        (["models", "info", "tyni"], "there are tiny"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2_with_the_fix(
    said: Wanflow, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    (tmp_path / "here/film.yaml").write_text(STORYBOARD)
    done = said(*arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "here/outputs").exists()

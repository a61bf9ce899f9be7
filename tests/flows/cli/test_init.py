"""A project of one's own: right at once, and never written over."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli.init import command
from flows.config import compose
from flows.errors import EnvironmentProblem
from flows.storyboard import check_storyboard, load_storyboard
from wan.tiny.vocabulary import unknown_words


def init(folder: Path) -> str:
    done = CliRunner().invoke(command, [str(folder)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_the_storyboard_of_a_new_project_is_right_and_in_the_words_of_the_tiny_family(tmp_path: Path) -> None:
    told = init(tmp_path / "films")
    film = tmp_path / "films/storyboards/my_film.yaml"
    assert check_storyboard(film) == []
    board = load_storyboard(film)
    assert len(board.shots) == 3
    assert [word for shot in board.shots for word in unknown_words(shot.prompt)] == []
    assert "wanflow render storyboards/my_film.yaml" in told


def test_the_next_command_can_be_pasted(tmp_path: Path) -> None:
    folder = tmp_path / "Été film 2"
    command = init(folder).rpartition("Next: ")[2]
    assert shlex.split(command)[:2] == ["cd", str(folder)]


def test_its_editor_finds_the_schema(tmp_path: Path) -> None:
    init(tmp_path)
    lines = (tmp_path / "storyboards/my_film.yaml").read_text().splitlines()
    address = next(line.partition("$schema=")[2] for line in lines if "$schema=" in line)
    assert Path(address.removeprefix("file://")).is_file()


def test_its_settings_are_used_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert compose().settings.film.crf == 18
    (tmp_path / "conf/project/default.yaml").write_text("film: {crf: 20}\n")
    assert compose().settings.film.crf == 20


def test_what_exists_is_kept(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    told = init(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert "README.md (kept as it was)" in told
    assert init(tmp_path).count("kept as it was") == told.count("\n  ") + 1


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="file"):
        init(tmp_path / "file")

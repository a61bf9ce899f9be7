"""Shipped files are found in a checkout (a wheel is tried in tests/packaging)."""

from __future__ import annotations

from pathlib import Path

from flows.resources import conf_folder, examples_folder, storyboard_folders


def test_configuration_and_examples_are_there() -> None:
    assert (conf_folder() / "config.yaml").is_file()
    assert (examples_folder() / "paper_boat.yaml").is_file()


def test_a_projects_own_storyboards_come_before_the_examples(tmp_path: Path) -> None:
    assert storyboard_folders(tmp_path) == (tmp_path / "storyboards", tmp_path, examples_folder())

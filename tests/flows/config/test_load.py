"""Hydra's composition: from which folder, how often, and its errors in our words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from flows.config import compose
from flows.config.load import OwnFolders
from flows.errors import SettingsError


@pytest.fixture(autouse=True)
def empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_project_adds_options_and_hides_shipped_ones(tmp_path: Path) -> None:
    write(tmp_path / "conf/render/poster.yaml", "defaults: [final]\nsteps_scale: 3\n")
    write(tmp_path / "conf/film/preview.yaml", "defaults: [standard]\ncrf: 40\n")
    settings = compose(["render=poster", "film=preview"]).settings
    assert settings.render.steps_scale == 3.0
    assert (settings.film.crf, settings.film.preset) == (40, "medium")


def test_config_dir_names_another_directory(tmp_path: Path) -> None:
    write(tmp_path / "studio/store/nas.yaml", "address: /mnt/nas\n")
    assert compose(["store=nas"], tmp_path / "studio").settings.store.address == "/mnt/nas"
    with pytest.raises(SettingsError, match="no such directory"):
        compose([], tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "project/default.yaml",
            "film:\n  crff: 3\n",
            "project/default.yaml:2:3: there is no film.crff; did you mean film.crf?",
        ),
        ("project/default.yaml", "film:\n  crf: high\n", "project/default.yaml:2:3: film.crf must be a whole number"),
        ("project/default.yaml", "film:\n  crf: 77\n", "project/default.yaml:2:3: film.crf: 77 is out of range"),
        ("project/default.yaml", "film: [\n", "project/default.yaml:"),
        ("project/default.yaml", "prompts: {extend: off}\n", 'write "off" with its quotes'),
        ("project/default.yaml", "defaults:\n  - override /prompts: off\n", 'as in prompts: "off"'),
        ("render/mine.yaml", "steps_scale: 2\n", "start the file from a shipped one"),
        ("config.yaml", "film: {crf: 3}\n", "is not read"),
    ],
)
def test_a_mistake_in_a_projects_file_is_found_there(tmp_path: Path, file: str, text: str, expected: str) -> None:
    (tmp_path / "conf/project").mkdir(parents=True)
    write(tmp_path / "conf" / file, text)
    with pytest.raises(SettingsError) as caught:
        compose(["render=mine"] if "render" in file else [])
    assert expected in str(caught.value)


def test_composing_twice_gives_equal_settings_and_leaves_nothing_behind(tmp_path: Path) -> None:
    assert compose(["render=draft"]) == compose(["render=draft"])
    assert list(tmp_path.iterdir()) == []


def test_composing_leaves_hydras_own_state_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "conf/render/poster.yaml", "defaults: [final]\nsteps_scale: 3\n")
    running = GlobalHydra.instance().hydra
    assert compose(["render=poster"]).settings.render.steps_scale == 3
    assert GlobalHydra.instance().hydra is running
    with pytest.raises(SettingsError):
        compose(["film.crf=x"])
    assert GlobalHydra.instance().hydra is running
    assert not OwnFolders.folders.get()


def test_of_two_files_of_one_name_the_projects_own_counts(tmp_path: Path) -> None:
    write(tmp_path / "conf/film/small.yaml", "defaults: [standard]\ncrf: 33\n")
    assert compose(["film=small"]).settings.film.crf == 33

"""Whose `conf/` it is: wanflow's, or another Hydra project's."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.config import compose, config_folders
from flows.errors import SettingsError
from flows.resources import conf_folder


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        path = Path("conf") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


OTHERS = [
    {"config.yaml": "defaults: [{model: resnet}, _self_]\nlr: 0.1\n", "model/resnet.yaml": "name: resnet50\n"},
    {"model/tiny.yaml": "name: tiny-vit\n", "db/mysql.yaml": "driver: mysql\n"},
    {"train.yaml": "seed: 1\n", "hydra/default.yaml": "run: {dir: logs}\n", "local/.gitkeep": ""},
    {"config.yaml": "lr: 0.1\n", "store/s3.yaml": "- a list\n", "model/odd.yaml": "a: [\n"},
]


@pytest.mark.parametrize("files", OTHERS)
def test_another_projects_folder_is_passed_over(files: dict[str, str]) -> None:
    write(files)
    assert config_folders() == (conf_folder(),)
    assert compose(["model=tiny"]).settings.model.family == "tiny"


OURS = [
    {"project/default.yaml": "{}\n"},
    {"render/poster.yaml": "defaults: [final]\n"},
    {"config.yaml": "lr: 0.1\n", "db/mysql.yaml": "driver: mysql\n", "film/mine.yaml": "crf: 20\n"},
    {"train.yaml": "seed: 1\n", "project/default.yaml": "film: {crf: 20}\n"},
]


@pytest.mark.parametrize("files", OURS)
def test_a_folder_that_wanflow_has_a_word_in_is_a_projects_own(files: dict[str, str]) -> None:
    write(files)
    assert config_folders() == (Path("conf").resolve(), conf_folder())


def test_settings_in_a_file_that_is_not_read_are_told_where_they_belong() -> None:
    write({"config.yaml": "film: {crf: 20}\n", "project/default.yaml": "{}\n"})
    with pytest.raises(SettingsError) as caught:
        compose()
    assert "config.yaml: is not read; wanflow reads a project's settings from" in str(caught.value)


def test_what_file_managers_leave_is_no_option() -> None:
    write(
        {"model/mine.yaml": "family: tiny\nroot: null\nloras: null\n", "model/._mine.yaml": "\0", "film/.#x.yaml": ""}
    )
    with pytest.raises(SettingsError, match="model= has mine, tiny, wan22"):
        compose(["model=foo"])

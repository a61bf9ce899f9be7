"""A wrong value is found where it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.config import compose
from flows.config.origin import origin
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


def test_a_wrong_key_is_found_in_the_file_that_was_chosen() -> None:
    write({"model/resnet.yaml": "name: resnet50\n", "model/tiny.yaml": "# a\nname: tiny-vit\n"})
    with pytest.raises(SettingsError) as caught:
        compose()
    first, _, hint = str(caught.value).partition("\n")
    assert first.startswith(f"{Path('conf/model/tiny.yaml').resolve()}:2:1: there is no model.name")
    assert "--config-dir FOLDER" in hint
    with pytest.raises(SettingsError, match=r"model/resnet\.yaml:1:1"):
        compose(["model=resnet"])


def test_a_key_is_not_mistaken_for_one_of_its_name_elsewhere() -> None:
    write({"project/default.yaml": "store: {address: /a}\nfilm: {path: /b}\n"})
    with pytest.raises(SettingsError, match=r"default\.yaml:2:8: there is no film\.path"):
        compose()


def test_the_last_override_that_sets_a_key_is_named() -> None:
    folders = (conf_folder(),)
    assert origin("film.crf", folders, ["film.crf=1", "+film.crf=2", "film.preset=fast"]) == "+film.crf=2"
    assert origin("film.crf", folders, []) == "film.crf"
    assert origin("", folders, []) == f"configuration in {conf_folder()}"


def test_the_machines_own_file_is_looked_at_before_the_projects() -> None:
    write({"project/default.yaml": "film: {crf: 20}\n", "local/default.yaml": "# mine\nfilm: {crf: 21}\n"})
    own = Path("conf").resolve()
    assert origin("film.crf", (own, conf_folder()), []) == f"{own / 'local/default.yaml'}:2:8"

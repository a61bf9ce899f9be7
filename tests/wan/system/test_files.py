from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from wan.errors import NoHome
from wan.system.files import cache_folder, data_folder, replacing, state_folder, without_tilde, write_atomically


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def stop_halfway() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half of the sec")
            raise KeyboardInterrupt

    path = tmp_path / "plan.json"
    write_atomically(path, "first")
    with pytest.raises(KeyboardInterrupt):
        stop_halfway()
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == ["plan.json"]


def test_a_block_that_writes_nothing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "plan.json"):
        pass


def test_a_file_and_its_name_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: settled.append(os.readlink(f"/proc/self/fd/{handle}")))
    write_atomically(tmp_path / "plan.json", "{}")
    assert [Path(path).parent == tmp_path for path in settled] == [True, False]
    assert settled[1] == str(tmp_path)


def test_folders_follow_the_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    for variable, folder, usual in (
        ("XDG_CACHE_HOME", cache_folder, "/home/me/.cache/wanflow"),
        ("XDG_DATA_HOME", data_folder, "/home/me/.local/share/wanflow"),
        ("XDG_STATE_HOME", state_folder, "/home/me/.local/state/wanflow"),
    ):
        monkeypatch.setenv(variable, str(tmp_path))
        assert folder() == tmp_path / "wanflow"
        monkeypatch.setenv(variable, "not/absolute")
        assert str(folder()) == usual


def test_a_name_of_any_length_has_a_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / ("ö" * 125 + ".json")
    write_atomically(path, "{}")
    assert os.listdir(tmp_path) == [path.name]


def test_a_name_that_is_no_utf_8_can_be_written_about(tmp_path: Path) -> None:
    write_atomically(tmp_path / "plan.json", json.dumps({"storyboard": "b\udcff.yaml"}, ensure_ascii=False))
    assert json.loads((tmp_path / "plan.json").read_text()) == {"storyboard": "b\udcff.yaml"}


def test_without_a_home_the_variables_that_name_one_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    with pytest.raises(NoHome, match="set HOME, or XDG_DATA_HOME"):
        data_folder()
    with pytest.raises(NoHome, match="write the whole path"):
        without_tilde(Path("~nobody-is-called-so/x"))

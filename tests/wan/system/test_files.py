from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from wan.errors import NoHome
from wan.system.files import (
    add_whole,
    cache_folder,
    data_folder,
    is_temporary,
    replacing,
    state_folder,
    without_tilde,
    write_atomically,
    write_whole,
)


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


def test_of_two_who_add_a_file_the_first_wins(tmp_path: Path) -> None:
    assert add_whole(tmp_path / "note", lambda file: file.write(b"1"))
    assert not add_whole(tmp_path / "note", lambda file: file.write(b"2"))
    assert (tmp_path / "note").read_bytes() == b"1"
    assert os.listdir(tmp_path) == ["note"]


@pytest.mark.parametrize("write", [write_whole, add_whole])
def test_what_cannot_be_filled_leaves_nothing(tmp_path: Path, write: Callable[..., object]) -> None:
    def fill(file: BinaryIO) -> None:
        file.write(b"half of the sec")
        raise ZeroDivisionError

    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(ZeroDivisionError):
        write(tmp_path / "note", fill, within=tmp_path / "elsewhere")
    assert [*tmp_path.rglob("*")] == [tmp_path / "elsewhere"]


def test_what_is_not_whole_yet_lies_where_it_was_said_and_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    seen: list[str] = []

    def fill(file: BinaryIO) -> None:
        seen.extend(os.listdir(tmp_path / "elsewhere"))

    write_whole(tmp_path / "note", fill, within=tmp_path / "elsewhere")
    assert [is_temporary(name) for name in seen] == [True]
    assert not is_temporary(".nfs000000000123")
    assert not is_temporary("note")

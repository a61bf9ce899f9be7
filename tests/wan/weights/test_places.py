from __future__ import annotations

from pathlib import Path

import pytest

from wan.weights.places import MANIFEST, folder_of, models_home, partial_of, pulled


def test_the_home_of_models_is_chosen_or_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WANFLOW_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert models_home() == tmp_path / "wanflow" / "models"
    monkeypatch.setenv("WANFLOW_MODELS", "~/weights")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert models_home() == Path("/home/somebody/weights")


def test_a_root_comes_before_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "home"))
    assert folder_of("a") == tmp_path / "home" / "a"
    assert folder_of("a", tmp_path) == tmp_path / "a"


def test_a_folder_that_grows_stands_beside_the_one_it_becomes(tmp_path: Path) -> None:
    assert partial_of(tmp_path / "i2v-a14b") == tmp_path / "i2v-a14b.partial"


def test_a_model_is_here_when_its_manifest_is(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    assert pulled("a", tmp_path) is None
    (folder / MANIFEST).write_text("{}")
    assert pulled("a", tmp_path) == folder

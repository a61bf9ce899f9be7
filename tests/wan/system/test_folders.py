"""What other programs leave in a folder is no part of what we keep there."""

from __future__ import annotations

from pathlib import Path

import pytest

from wan.system.folders import found_in, is_of_others


@pytest.mark.parametrize(
    "name",
    [
        *(".DS_Store", "._model.safetensors", ".nfs000000000123", ".model.safetensors.swp", "Thumbs.db", "desktop.ini"),
        *("tokenizer.json~", "#config.json#", "config.json.bak", "model (anna's conflicted copy).safetensors"),
        *("model.sync-conflict-20260101-120000-ABC.safetensors", "lost+found", "THUMBS.DB"),
    ],
)
def test_leftovers_are_known_by_their_names(name: str) -> None:
    assert is_of_others(name)


@pytest.mark.parametrize("name", ["model.safetensors", "tiny copy.yaml", "a.part", "config.json", "Thumbs.json", "bak"])
def test_what_could_be_ours_is_not_taken_for_one(name: str) -> None:
    assert not is_of_others(name)


def test_a_listing_has_none_of_them_at_any_depth(tmp_path: Path) -> None:
    for name in (
        "b/model.safetensors",
        "a.safetensors",
        "._a.safetensors",
        ".cache/x.safetensors",
        "b/._c.safetensors",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    names = [path.relative_to(tmp_path).as_posix() for path in found_in(tmp_path, "**/*.safetensors")]
    assert names == ["a.safetensors", "b/model.safetensors"]
    assert list(found_in(tmp_path / "nowhere")) == []

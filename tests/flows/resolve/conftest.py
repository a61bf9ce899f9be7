"""A directory in diffusers layout that can be planned with, though not rendered with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.config import compose
from flows.settings import Settings
from wan.families import FAMILIES
from wan.variants import VARIANTS


def write_checkpoints(root: Path) -> Path:
    """The tiny family's folders with configurations and a few bytes as weights."""
    for variant, role in FAMILIES["tiny"].roles.items():
        for name, kind in VARIANTS[variant].components.items():
            folder = root / role.shared.get(name, f"{role.folder}/{name}")
            folder.mkdir(parents=True, exist_ok=True)
            config = {"_class_name": kind.class_name, **kind.config}
            (folder / "config.json").write_text(json.dumps(config))
            (folder / "tokenizer.json").write_text("{}")
            (folder / "model.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}" + f"{variant} {name}".encode())
        (root / role.folder / "model_index.json").write_text("{}")
    return root


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    return write_checkpoints(tmp_path / "checkpoints")


@pytest.fixture
def settings(checkpoints: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Settings of a person with a cache and a store of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return compose([f"model.root={checkpoints}", f"store.address={tmp_path / 'store'}"]).settings

"""A directory in diffusers layout that can be planned with, though not rendered with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.config import compose
from flows.settings import PromptSettings, Settings
from flows.store import Store, open_store
from tests.wan.prompts.endpoint import Endpoint, serving
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


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as one:
        yield one


@pytest.fixture
def prompts(endpoint: Endpoint, settings: Settings) -> PromptSettings:
    return replace(settings.prompts, extend="api", base_url=endpoint.url, model="m", timeout=5.0)


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings.store.address)

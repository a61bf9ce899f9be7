"""The LoRA of the checkpoint comes first; published apart from it, it is found once it is pulled."""

from __future__ import annotations

from pathlib import Path

import pytest

from wan.hub.catalog import CATALOG
from wan.variants.animate.relighting import FOLDER, MODEL, relighting_lora
from wan.weights.checkpoint import Checkpoint
from wan.weights.places import MANIFEST


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "models"))
    return Checkpoint("animate-14b", tmp_path / "animate", {})


def _lora(folder: Path) -> Path:
    file = folder / FOLDER / "adapter_model.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    return file


def test_nowhere(checkpoint: Checkpoint) -> None:
    assert relighting_lora(checkpoint) is None
    assert MODEL in CATALOG


def test_pulled_and_of_the_checkpoint(checkpoint: Checkpoint, tmp_path: Path) -> None:
    pulled = _lora(tmp_path / "models" / MODEL)
    assert relighting_lora(checkpoint) is None, "a pull that is not whole does not count"
    (tmp_path / "models" / MODEL / MANIFEST).write_text("{}")
    assert relighting_lora(checkpoint) == pulled
    own = _lora(checkpoint.folder)
    assert relighting_lora(checkpoint) == own

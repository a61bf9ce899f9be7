from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from flows.cli.events import EVENTS
from flows.cli.forms import FORMS
from tests.flows.cli.conforming import faults
from tests.wan.convert.named import named_transformer

Wanflow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def single(tmp_path: Path) -> Path:
    """A TI2V transformer in one file, as people have it for ComfyUI."""
    weights = {f"model.diffusion_model.{key}": value for key, value in named_transformer().items()}
    save_file(weights, tmp_path / "wan2.2_ti2v.safetensors")
    return tmp_path / "wan2.2_ti2v.safetensors"


def test_a_single_file_becomes_a_folder_that_verifies(said: Wanflow, single: Path, tmp_path: Path) -> None:
    done = said("models", "convert", str(single), str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "ti2v-5b" in done.stdout
    assert "it still lacks vae, text_encoder, tokenizer" in done.stdout
    manifest = json.loads((tmp_path / "out/wanflow.json").read_text())
    assert manifest["variant"] == "ti2v-5b"
    assert {"model_index.json", "transformer/config.json"} < manifest["files"].keys()
    again = said("models", "convert", str(single), str(tmp_path / "out"))
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_programs_read_lines(said: Wanflow, single: Path, tmp_path: Path) -> None:
    done = said("models", "convert", str(single), str(tmp_path / "out"), "--events")
    *events, document = [json.loads(line) for line in done.stdout.splitlines()]
    assert [fault for line in events for fault in faults(line, EVENTS["models convert: file"])] == []
    assert any(line["path"].startswith("transformer/") for line in events)
    assert list(faults(document, FORMS["models convert"])) == []
    assert document["missing"] == ["vae", "text_encoder", "tokenizer"]
    again = said("models", "convert", str(single), str(tmp_path / "other"), "--json")
    assert json.loads(again.stdout)["variant"] == "ti2v-5b"


def test_what_is_no_checkpoint_is_the_persons_mistake(said: Wanflow, tmp_path: Path) -> None:
    save_file({"lora.down": torch.zeros(2)}, tmp_path / "lora.safetensors")
    done = said("models", "convert", str(tmp_path / "lora.safetensors"), str(tmp_path / "out"))
    assert done.returncode == 2
    assert "is no checkpoint of WAN 2.2" in done.stderr
    assert not (tmp_path / "out").exists()

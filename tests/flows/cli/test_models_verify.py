"""Broken models are found, and the way to mend them works."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.flows.cli.conftest import NAME, REPOSITORY
from tests.wan.hub.fake_hub import FakeHub

Wanflow = Callable[..., subprocess.CompletedProcess[str]]


def test_a_broken_model_is_found_and_the_way_to_mend_it_works(said: Wanflow, hub: FakeHub, models: Path) -> None:
    said("models", "pull", NAME, "--mirror", hub.address)
    weights = models / NAME / "model-00002-of-00002.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    found = said("models", "verify", NAME)
    assert found.returncode == 1
    assert "model-00002-of-00002.safetensors: was changed: its sha256 is" in found.stdout
    assert f"wanflow models pull {NAME}" in found.stdout
    told = json.loads(said("models", "verify", str(models / NAME), "--json").stdout)
    assert [fault["path"] for fault in told["folders"][0]["faults"]] == ["model-00002-of-00002.safetensors"]
    hub.sent.clear()
    assert said("models", "pull", NAME, "--mirror", hub.address).returncode == 0
    assert set(hub.sent) == {"model-00002-of-00002.safetensors"}
    whole = said("models", "verify", NAME)
    assert whole.returncode == 0
    assert "whole; 6 files" in whole.stdout


def test_a_broken_model_that_was_converted_is_not_mended_from_a_hub(said: Wanflow, hub: FakeHub, models: Path) -> None:
    said("models", "pull", NAME, "--mirror", hub.address)
    manifest = models / NAME / "wanflow.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"hub": "converted", "repo": "/mine"}))
    (models / NAME / "config.json").unlink()
    assert "convert /mine again" in said("models", "verify", NAME).stdout
    refused = said("models", "pull", NAME, "--mirror", hub.address)
    assert refused.returncode == 2
    assert "was converted from /mine and is broken" in refused.stderr


def test_the_shipped_family_verifies(said: Wanflow) -> None:
    done = said("models", "verify", "tiny")
    assert (done.returncode, done.stdout.count("headers, shards and layout are right")) == (0, 6), done.stderr
    told = json.loads(said("models", "verify", "tiny", "--json").stdout)
    assert [row["whole"] for row in told["folders"]] == [True] * 6
    folder = str(REPOSITORY / "wan/tiny/checkpoints/s2v-14b")
    assert said("models", "verify", folder).returncode == 0

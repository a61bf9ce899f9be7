"""What weights are, from their headers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.flows.cli.conftest import NAME
from tests.wan.hub.fake_hub import FakeHub
from wan.hub.catalog import CATALOG

Wanflow = Callable[..., subprocess.CompletedProcess[str]]


def test_info_says_what_weights_are(said: Wanflow, hub: FakeHub) -> None:
    from wan.families import TINY_CHECKPOINTS

    folder = said("models", "info", str(TINY_CHECKPOINTS / "t2v-a14b"))
    assert "diffusers; t2v-a14b" in folder.stdout
    assert "WanTransformer3DModel" in folder.stdout
    assert "F16" in folder.stdout
    not_here = said("models", "info", NAME)
    assert f"no; wanflow models pull {NAME}" in not_here.stdout
    said("models", "pull", NAME, "--mirror", hub.address)
    here = json.loads(said("models", "info", NAME, "--json").stdout)["weights"]
    assert here["repo"] == CATALOG[NAME].huggingface
    assert here["parameters"] == 450 * 1024
    assert json.loads(said("models", "info", "t2v-a14b", "--json").stdout)["model"]["about_bytes"] == 126_000_000_000
    assert "lightning-t2v: not here; wanflow models pull" in said("models", "info", "wan22-lightning").stdout
    assert "renders   256x144" in said("models", "info", "tiny").stdout


def test_a_pickle_is_not_described(said: Wanflow, tmp_path: Path) -> None:
    (tmp_path / "evil.pth").write_bytes(b"\x80\x04")
    done = said("models", "info", str(tmp_path / "evil.pth"))
    assert done.returncode == 2
    assert "is pickled; info reads only safetensors" in done.stderr

"""`wanflow models` as a person runs it, against a hub on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.cli.conftest import NAME, REPOSITORY
from tests.wan.hub.fake_hub import FakeHub
from wan.hub.catalog import CATALOG

Wanflow = Callable[..., subprocess.CompletedProcess[str]]


def test_models_alone_lists_the_catalog(said: Wanflow) -> None:
    told = said("models")
    assert told.returncode == 0, told.stderr
    for name, model in CATALOG.items():
        assert name in told.stdout
        assert model.licence in told.stdout
    assert "wanflow models pull NAME" in told.stdout


def test_the_list_as_json_says_what_is_here(said: Wanflow, hub: FakeHub, models: Path) -> None:
    done = said("models", "pull", NAME, "--mirror", hub.address)
    assert done.returncode == 0, done.stderr
    assert str(models / NAME) in done.stdout
    rows = {row["name"]: row for row in json.loads(said("models", "list", "--json").stdout)["models"]}
    assert rows[NAME]["pulled"] == str(models / NAME)
    assert rows["t2v-a14b"]["pulled"] is None
    assert rows["t2v-a14b"]["about_bytes"] == 126_000_000_000


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pull", "t2v"], "did you mean t2v-a14b?"),
        (["pull", "wholly-unknown"], "wanflow models list"),
        (["pull"], "Missing argument"),
        (
            ["pull", "wan22-lightning"],
            "is a family (model=wan22-lightning); name those of its models that you need: t2v",
        ),
        (["pull", "tiny"], "ships with wanflow"),
        (["pull", NAME, "--hub", "modelscope"], "not known on modelscope"),
        (["pull", NAME, "--mirror", "nowhere"], "no address of a hub"),
        (["pull", NAME, "--root", "/proc/models"], "cannot be written"),
        (["verify", NAME], f"wanflow models pull {NAME}"),
        (["verify", "/no/such/folder"], "is no folder"),
        (["info", "/no/such/file.safetensors"], "there is no such file or folder"),
        (["info", "t2v-a14"], "did you mean t2v-a14b?"),
        (["pul"], "did you mean pull?"),
    ],
)
def test_mistakes_are_answered_with_the_fix(said: Wanflow, arguments: list[str], told: str) -> None:
    done = said("models", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["models"], ["models", "pull", "--help"], ["models", "info", "t2v-a14b"]])
def test_models_imports_no_torch(tmp_path: Path, arguments: list[str]) -> None:
    script = (
        "import sys\nfrom flows.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n"
        "    assert end.code == 0\n"
        "print('LOADED', *sorted({'torch', 'ray', 'prefect', 'diffusers'} & set(sys.modules)))"
    )
    home = {"XDG_DATA_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "LOADED", done.stdout + done.stderr

"""The command as a person runs it: a process of its own, in an empty folder, with homes of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import pytest

from flows.cli.main import wanflow as group
from flows.cli.outcome import exit_code_of
from tests.wan.hub.conftest import model_files
from tests.wan.hub.fake_hub import FakeHub
from wan.hub.catalog import CATALOG

REPOSITORY = Path(__file__).parents[3]
Wanflow = Callable[..., subprocess.CompletedProcess[str]]
NAME = "sam2-hiera-large"
"""A model of the catalog that is small."""


def homes(folder: Path) -> dict[str, str]:
    """What the command finds in its environment: homes in `folder`, and a terminal of its own."""
    kinds = ("DATA", "CACHE", "CONFIG", "STATE")
    return {**{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in kinds}, "COLUMNS": "120", "NO_COLOR": "1"}


@pytest.fixture
def wanflow(tmp_path: Path) -> Wanflow:
    """Runs `wanflow ARGUMENTS` in `tmp_path / "here"`."""
    here = tmp_path / "here"
    here.mkdir()
    environment = {**os.environ, **homes(tmp_path), "PYTHONPATH": str(REPOSITORY)}

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments],
            cwd=here,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wanflow:
    """As `wanflow`, in this process: for what it says of many things, each of which would import everything anew."""
    (tmp_path / "here").mkdir(exist_ok=True)
    for name, value in homes(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path / "here")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with redirect_stdout(out), redirect_stderr(err):
            code = _ran(arguments)
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())

    return run


def _ran(arguments: Sequence[str]) -> int:
    """The exit code of a command."""
    try:
        with exit_code_of(arguments, debug=False):
            code = group.main(args=list(arguments), prog_name="wanflow", standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return code if isinstance(code, int) else 0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No models, no cache, a store that can be written."""
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    return tmp_path


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A GPU that is not here."""
    import torch

    card = SimpleNamespace(name="NVIDIA H200", total_memory=150 * 10**9, major=9, minor=0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: card)
    monkeypatch.setattr("flows.cluster.placement.memory_bytes", lambda: 128 * 10**9)
    return card


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    fake = FakeHub(model_files())
    fake.repo, fake.commit = CATALOG[NAME].huggingface, CATALOG[NAME].commit or ""
    with fake.serving():
        yield fake


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Where the `wanflow` fixture has its pulled models."""
    return tmp_path / "data" / "wanflow" / "models"

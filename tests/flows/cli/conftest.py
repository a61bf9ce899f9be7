"""The command as a person runs it: a process of its own, in an empty folder, with homes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
Wanflow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def wanflow(tmp_path: Path) -> Wanflow:
    """Runs `wanflow ARGUMENTS` in `tmp_path / "here"`."""
    here = tmp_path / "here"
    here.mkdir()
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("DATA", "CACHE", "CONFIG", "STATE")}
    environment = {**os.environ, **homes, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "120", "NO_COLOR": "1"}

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

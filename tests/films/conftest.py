"""One real film for the whole session: the example storyboard, rendered by the command as a newcomer would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Place:
    """A person's machine: a folder to work in, and homes for data and caches of its own."""

    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        homes = {f"XDG_{kind}_HOME": str(self.folder / kind.lower()) for kind in ("DATA", "CACHE", "CONFIG")}
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "RAY_"))}
        return {**clean, **homes, "PREFECT_HOME": str(self.folder / "no-profiles"), "COLUMNS": "120"}

    def wanflow(self, *arguments: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        """Run the command, wait, and give back what it printed."""
        return subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments],
            cwd=self.folder,
            env={**self.environment, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def plan(self, storyboard: Path) -> dict[str, object]:
        """The plan as programs see it."""
        done = self.wanflow("plan", str(storyboard), "--json")
        assert done.returncode == 0, done.stderr
        plan: dict[str, object] = json.loads(done.stdout)
        return plan


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("person"))


@pytest.fixture(scope="session")
def paper_boat(place: Place) -> Path:
    """The folder of the finished film."""
    done = place.wanflow("render", str(REPOSITORY / "storyboards" / "paper_boat.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr
    return place.folder / "outputs" / "the-paper-boat"

"""The pool of a real cluster: shared by films, steered by people, and outliving its keeper."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from wan.families import FAMILIES
from wan.weights.checkpoint import Checkpoint

pytestmark = pytest.mark.slow


def test_films_share_the_pool_of_a_cluster_and_lose_nothing_when_its_keeper_is_killed(tmp_path: Path) -> None:
    script = Path(__file__).with_name("shared_pool.py")
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": root},
    )
    known = Checkpoint.open(FAMILIES["tiny"], "t2v-a14b")
    refused = "the pool default has other checkpoints than this film was planned with:"
    there = f"{known.revision[:12]} on {platform.node()}"
    assert done.stdout.splitlines() == [
        "shared [False] [False, False] 1",
        "killed 2 {1} 1 True",
        "paused True [7] ['held']",
        "called off Stopped ()",
        "resumed False",
        "other a worker of the pool default has 1 CPU and 0 GPU, and this film asks for 2 CPU and 0 GPU",
        f"checkpoint [] ['{refused}', '    t2v-a14b: 000000000000 here ({known.folder}), {there}']",
        "checkpoint [False] ['None']",
        "pools ('default',)",
        "down there is no pool default on this cluster []",
    ], done.stdout + done.stderr

"""A pool whose worker is a gang of processes, in a real Ray: the bits of one process, also when somebody is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_a_gang_of_the_pool_makes_the_bits_of_one_process_whoever_is_lost(tmp_path: Path) -> None:
    script = Path(__file__).with_name("gang_pool.py")
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": root, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    gone = "['rank 1 of the gang was lost: its process ended']"
    ended = "worker died: "
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "together [1] 2 True",
        f"member killed [1, 2] {gone} True True 2",
        "keeper killed {1} [('worker-1', 2)] True 2",
    ], done.stdout + done.stderr
    assert lines[3].startswith(f"leader killed [1, 2] ['{ended}"), lines[3]
    assert lines[3].endswith("True True True")
    assert lines[4:] == ["down True True"]

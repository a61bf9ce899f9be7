"""The pool on a real cluster of two machines that differ."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wan.conftest import make_family

pytestmark = pytest.mark.slow


def test_a_machine_with_other_weights_retires_and_a_busy_cluster_is_waited_for(tmp_path: Path) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    make_family(right)
    make_family(wrong)
    index = wrong / "t2v-a14b" / "transformer" / "config.json"
    index.write_text(index.read_text() + "\n")
    script = Path(__file__).with_name("two_machines.py")
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONPATH": root, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, str(script), str(right), str(wrong), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=environment,
    )
    lines = done.stdout.splitlines()
    assert lines[:2] == ["finished 6", "lost 0"], done.stdout + done.stderr
    assert re.search(r"^worker-\d is out of use: .*wrong.* is not the checkpoint that the film was planned", lines[2])
    assert lines[3:5] == ["finished 1", "lost 0"], done.stdout + done.stderr
    assert re.search(r"^waiting for room .* since [\d:]{8}: a worker needs 1 CPU; free now: 0 of 2 CPUs$", lines[5])

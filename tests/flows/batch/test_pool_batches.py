"""Batches on a pool that several commands share: a clip of both is rendered once, and neither waits for the other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_two_batches_share_a_pool(tmp_path: Path) -> None:
    script = Path(__file__).with_name("pool_batches.py")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(
        line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("boats", "stars", "r", "l"))
    )
    assert said["boats"] == "[('boat', 'made'), ('kite-is-refused', 'failed')]"
    assert said["stars"] == "[('star', 'made'), ('boat', 'made')]"
    assert said["rendered"] == "['a yellow star moves up', 'boat', 'star']", "what both have, once"
    assert said["left"] == "[]"

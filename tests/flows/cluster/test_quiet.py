"""Ray's own words stay off the terminal."""

from __future__ import annotations

import subprocess
import sys

PRINTS = """
import ray._private.worker as worker
from flows.cluster.quiet import keep_quiet
said = {"lines": ["A worker died or was killed"], "pid": "raylet", "is_err": False}
worker.print_to_stdstream(dict(said), ignore_prefix=False)
keep_quiet()
assert worker.listen_error_messages(worker.global_worker, None) is None
worker.print_to_stdstream(dict(said, lines=["The raylet died"]), ignore_prefix=False)
"""


def test_what_rays_processes_report_is_printed_no_more() -> None:
    done = subprocess.run([sys.executable, "-c", PRINTS], capture_output=True, text=True, timeout=100, check=False)
    assert "A worker died" in done.stdout, done.stderr  # it is, otherwise
    assert "The raylet died" not in done.stdout + done.stderr

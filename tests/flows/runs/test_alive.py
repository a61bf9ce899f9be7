"""Whether the processes of runs live, however they end."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.runs import alive

RUN = "0198c2f5-6c44-7d0a-9f3e-5b2f4c1d7e88"
PROGRAM = """
import sys, time
from flows.runs.alive import begin
with begin(sys.argv[1]):
    print("begun", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(alive, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


def test_a_run_is_noted_before_it_begins_and_until_it_is_forgotten() -> None:
    assert list(alive.noted()) == []
    alive.note(RUN)
    assert (list(alive.noted()), alive.lives(RUN)) == ([RUN], False)
    with alive.begin(RUN):
        assert alive.lives(RUN)
    assert not alive.lives(RUN)
    alive.forget(RUN)
    assert list(alive.noted()) == []


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_ended_does_not_live_however_it_ended(end: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, RUN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        assert alive.lives(RUN)
        with pytest.raises(OSError, match="has a process already"):
            alive.begin(RUN)
        alive.stop(RUN) if end == signal.SIGTERM else process.kill()
        assert process.wait() == -end
    assert not alive.lives(RUN)
    alive.stop(RUN)  # nobody is told

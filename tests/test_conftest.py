"""Neither who starts the tests nor a person's settings decide how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LONGEST, forget_settings

CHILD = (
    "import os, signal, sys\n"
    "from tests.conftest import hear_signals\n"
    "hear_signals()\n"
    "for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):\n"
    "    assert signal.getsignal(number) is not signal.SIG_IGN, number\n"
    "assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())\n"
    "try:\n"
    "    os.kill(os.getpid(), signal.SIGINT)\n"
    "except KeyboardInterrupt:\n"
    "    print('heard')\n"
)


def _as_a_careless_runner() -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))


def test_signals_that_a_runner_ignores_or_blocks_are_heard() -> None:
    command = [sys.executable, "-c", CHILD]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=_as_a_careless_runner, timeout=60)
    assert done.stdout == "heard\n", done.stderr


def test_settings_of_a_person_are_forgotten_and_the_projects_own_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = ("RAY_ADDRESS", "PREFECT_API_URL", "https_proxy", "NO_PROXY", "HF_TOKEN", "XDG_DATA_HOME", "COLUMNS")
    for name in (*os.environ, *theirs, "RAY_USAGE_STATS_ENABLED", "WANFLOW_PARITY"):  # all are restored afterwards
        monkeypatch.setenv(name, "1" if name not in os.environ or name in theirs else os.environ[name])
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    forget_settings()
    assert not [name for name in theirs if name in os.environ]
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == os.environ["WANFLOW_PARITY"] == "1"


def test_nothing_of_the_persons_own_folders_is_used() -> None:
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "PREFECT_HOME"):
        assert not Path(os.environ[name]).is_relative_to(Path.home())


def test_files_that_are_handed_out_first_are_there() -> None:
    assert [name for name in LONGEST if not (Path(__file__).parent / name).is_file()] == []

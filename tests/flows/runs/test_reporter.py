"""The film's side of reporting: whatever the process over there does, the film is not kept."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.errors import EnvironmentProblem, Stopped
from flows.film.observer import Run
from flows.runs import reporter as module
from flows.runs.messages import Done, Known, Lost, Ready, Refused, encode
from flows.runs.reporter import Reporter
from tests.flows.film.filming import plan_in
from tests.flows.runs.test_telling import making_of

HANG = "import time; time.sleep(600)"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("END_SECONDS", "STOP_SECONDS", "READY_SECONDS", "LEAVE_SECONDS"):
        monkeypatch.setattr(module, name, 0.5)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


def started(monkeypatch: pytest.MonkeyPatch, code: str) -> Reporter:
    """One whose process runs this code."""

    def process(*ignored: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(module, "_started", process)
    reporter = Reporter()
    reporter.start()
    return reporter


def says(*answers: Ready | Known | Refused | Lost | Done, then: str = "sys.stdin.read()") -> str:
    return f"import sys, time; sys.stdout.buffer.write({b''.join(map(encode, answers))!r}); sys.stdout.flush(); {then}"


def reported(reporter: Reporter, tmp_path: Path, error: BaseException | None = None) -> tuple[Run, float]:
    """What became of it, and the seconds that the film has lost by it."""
    making = making_of(plan_in(tmp_path))
    reporter.begin(making)
    begin = time.monotonic()
    reporter.end(making, error or Stopped("stopped"))
    run = reporter.run()
    reporter.close()
    return run, time.monotonic() - begin


def test_all_is_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reporter = started(monkeypatch, says(Ready(), Known("1", "http://x/1"), Done()))
    run, _ = reported(reporter, tmp_path)
    assert (run, reporter.trouble) == (Run("1", "http://x/1"), None)


@pytest.mark.parametrize("code", [HANG, "", "import os; os.close(0); " + HANG, "print('no answer', flush=True)"])
def test_one_that_hangs_ends_or_talks_nonsense_costs_a_moment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str
) -> None:
    reporter = started(monkeypatch, code)
    run, seconds = reported(reporter, tmp_path)
    assert run == Run()
    assert seconds < 5
    assert reporter.trouble is not None
    assert reporter.trouble.startswith("the run is not shown in Prefect (the film is made all the same): ")


def test_why_nothing_is_reported_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reporter = started(monkeypatch, says(Ready(), Known("1", ""), Lost("the server has gone")))
    run, _ = reported(reporter, tmp_path)
    assert run.id == "1"
    assert reporter.trouble is not None
    assert "the server has gone" in reporter.trouble


def test_settings_that_prefect_refuses_are_an_error_before_anything_is_rendered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PREFECT_API_REQUEST_TIMEOUT", "soon")
    with pytest.raises(EnvironmentProblem, match="soon: no number"):
        started(monkeypatch, says(Refused("PREFECT_API_REQUEST_TIMEOUT=soon: no number")))


def test_a_named_server_that_does_not_answer_is_an_error_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    reporter = Reporter()
    with pytest.raises(EnvironmentProblem, match="no Prefect server answers"):
        reporter.start()
    reporter.close()

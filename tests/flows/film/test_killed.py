"""Films whose process is killed or stopped in the middle, and what the next one finds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.ledger import read_history
from flows.runs.server import Server
from flows.store import open_store
from tests.flows.cluster.troubled import KIND
from tests.flows.conftest import Ask
from tests.flows.film import filming

pytestmark = pytest.mark.slow
Start = Callable[[], subprocess.Popen[str]]

MARK = "WANFLOW_TEST_FILM"
LATER = ("flows.runs.serve", "ray::DashboardAgent", "ray::RuntimeEnvAgent")
"""The server that all films share, which whoever comes first starts; agents of Ray, which look after their node by
themselves, and take their time to report its end to a head that has gone with it."""
LONG = filming.STORYBOARD.replace("a boat at night", "a boat takes long")


@pytest.fixture
def start(
    server: Server, child_environment: dict[str, str], tmp_path: Path
) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Begin the film in a process of its own."""
    processes: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        command = [sys.executable, filming.__file__, str(tmp_path), "--renderer", KIND]
        process = subprocess.Popen(
            command,
            env={**child_environment, MARK: str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def wait_for(happened: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def events(folder: Path) -> list[dict[str, object]]:
    path = folder / "events.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def two_done_one_running(folder: Path) -> bool:
    kinds = [event["kind"] for event in events(folder)]
    return kinds.count("Finished") == 2 and "Progress" in kinds[-3:]


def last_run(ask: Ask) -> dict[str, Any]:
    (run,) = ask("/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 1})
    return dict(run)


def processes_with(mark: str) -> list[str]:
    """Command lines of living processes that inherited a variable of that value, but for those of `LATER`."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (folder / "environ").read_bytes().decode(errors="replace")
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z" and f"{MARK}={mark}\0" in environment and not any(name in command for name in LATER):
                found.append(command)
    return found


def test_killed_in_the_middle_leaves_no_process_and_keeps_finished_takes(
    start: Start, ask: Ask, tmp_path: Path
) -> None:
    (tmp_path / "film.yaml").write_text(LONG)
    first = start()
    wait_for(lambda: two_done_one_running(tmp_path), 180)
    assert processes_with(str(tmp_path))
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: not processes_with(str(tmp_path)), 60)
    assert not list((tmp_path / "outputs").rglob("*.mp4"))
    assert len(list((tmp_path / "store/clips").rglob("*.json"))) == 2
    wait_for(lambda: last_run(ask)["state_type"] == "CRASHED", 60)

    (tmp_path / "film.yaml").write_text(filming.STORYBOARD)
    second = start()
    out, err = second.communicate(timeout=240)
    assert second.returncode == 0, out + err
    result = json.loads(out)
    assert (result["rendered"], result["cached"]) == (1, 2)
    assert Path(result["path"]).exists()


def test_ctrl_c_cancels_the_run_and_keeps_finished_takes(start: Start, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text(LONG)
    process = start()
    wait_for(lambda: two_done_one_running(tmp_path), 180)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert err == ""
    assert len(list((tmp_path / "store/clips").rglob("*.json"))) == 2
    assert last_run(ask)["state_type"] == "CANCELLED"
    rows = read_history(open_store(str(tmp_path / "store")))
    assert {row.shot for row in rows if row.status == "rendered"} == {"river.launch", "river.drift"}
    assert {row.shot for row in rows if row.status != "rendered"} <= {"river.night"}, "what was begun was used"

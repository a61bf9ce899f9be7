"""Pulls as a person and as a program sees them: resumed, offline, one at a time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from flows.cli.events import EVENTS
from flows.cli.forms import FORMS
from tests.flows.cli.conforming import faults
from tests.flows.cli.conftest import NAME, REPOSITORY
from tests.wan.hub.fake_hub import FakeHub

Wanflow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def begun(tmp_path: Path, hub: FakeHub, models: Path) -> Callable[[], subprocess.Popen[str]]:
    """Begins a pull in a process of its own, and waits until part of the large file is noted as here."""
    journal = models / f"{NAME}.partial" / ".wanflow-pull.json"

    def begin() -> subprocess.Popen[str]:
        hub.seconds_a_chunk = 0.15
        homes = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("DATA", "CACHE", "STATE")}
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "models", "pull", NAME, "--events"],
            env={**os.environ, **homes, "PYTHONPATH": str(REPOSITORY), "HF_ENDPOINT": hub.address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.05)
            if journal.is_file() and sum(map(sum, _parts(journal))) > 60_000:
                return process
            assert process.poll() is None, process.stderr
        raise AssertionError("no part arrived in a minute")

    return begin


def _parts(journal: Path) -> list[list[int]]:
    return [row["parts"] for row in json.loads(journal.read_text())["files"].values()]


def _end(process: subprocess.Popen[str], how: signal.Signals) -> tuple[str, str]:
    os.kill(process.pid, how)
    return process.communicate(timeout=60)


def test_a_pull_tells_programs_line_by_line(wanflow: Wanflow, hub: FakeHub, models: Path) -> None:
    done = wanflow("models", "pull", NAME, "--events", HF_ENDPOINT=hub.address)
    *events, document = [json.loads(line) for line in done.stdout.splitlines()]
    assert [fault for line in events for fault in faults(line, EVENTS[f"models pull: {line['event']}"])] == []
    assert events[0]["event"] == "begin"
    fetched = {"model": NAME, "folder": str(models / NAME), "fetched": events[0]["bytes"]}
    assert events[-1] == {"event": "done", **fetched}
    assert sum(line["event"] == "file" for line in events) == 6
    assert list(faults(document, FORMS["models pull"])) == []
    assert document["models"] == [fetched]


def test_a_pull_is_one_document_for_programs_that_wait(wanflow: Wanflow, hub: FakeHub, models: Path) -> None:
    done = wanflow("models", "pull", NAME, "--json", HF_ENDPOINT=hub.address)
    document = json.loads(done.stdout)
    assert list(faults(document, FORMS["models pull"])) == []
    assert [each["folder"] for each in document["models"]] == [str(models / NAME)]
    offline = json.loads(wanflow("models", "pull", NAME, "--offline", "--json").stdout)
    assert [each["fetched"] for each in offline["models"]] == [0]
    broken = wanflow("models", "pull", "t2v-a14b", "--offline", "--json")
    assert (broken.returncode, json.loads(broken.stdout)["problems"][0]["code"]) == (2, "hub-refusal")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_pull_that_is_ended_goes_on_where_it_was(
    how: signal.Signals, wanflow: Wanflow, hub: FakeHub, models: Path, begun: Callable[[], subprocess.Popen[str]]
) -> None:
    process = begun()
    _, said = _end(process, how)
    assert not (models / NAME).exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "the same command goes on from there" in said
    hub.seconds_a_chunk = 0.0
    hub.asked.clear()
    done = wanflow("models", "pull", NAME, "--events", HF_ENDPOINT=hub.address)
    begin = json.loads(done.stdout.splitlines()[0])
    assert done.returncode == 0, done.stderr
    assert begin["here"] > 60_000
    assert _bytes_asked_for(hub) == begin["bytes"] - begin["here"]
    assert wanflow("models", "verify", NAME).returncode == 0


def test_two_pulls_of_one_model_do_not_meet(
    wanflow: Wanflow, hub: FakeHub, begun: Callable[[], subprocess.Popen[str]]
) -> None:
    process = begun()
    second = wanflow("models", "pull", NAME, HF_ENDPOINT=hub.address)
    assert second.returncode == 2
    assert f"process {process.pid} pulls {NAME} already" in second.stderr
    hub.seconds_a_chunk = 0.0
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_offline_uses_what_is_here(wanflow: Wanflow, hub: FakeHub, models: Path) -> None:
    missing = wanflow("models", "pull", NAME, "--offline")
    assert missing.returncode == 2
    assert "offline nothing is fetched" in missing.stderr
    wanflow("models", "pull", NAME, "--mirror", hub.address)
    asked = len(hub.asked)
    here = wanflow("models", "pull", NAME, "--offline")
    assert here.returncode == 0
    assert str(models / NAME) in here.stdout
    assert len(hub.asked) == asked


def test_a_token_is_in_no_message(wanflow: Wanflow, hub: FakeHub, tmp_path: Path) -> None:
    hub.files = {}
    done = wanflow("--debug", "models", "pull", NAME, HF_ENDPOINT=hub.address, HF_TOKEN="hf_secret")
    assert done.returncode == 2
    assert any(headers.get("Authorization") == "Bearer hf_secret" for _, headers in hub.asked)
    assert "hf_secret" not in done.stdout + done.stderr
    assert not any("hf_secret" in path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file())


def _bytes_asked_for(hub: FakeHub) -> int:
    """What of its files a hub was asked for, in parts or whole."""
    total = 0
    for url, headers in hub.asked:
        _, mark, path = unquote(url).partition(f"/resolve/{hub.commit}/")
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("Range", ""))
        total += int(span[2]) + 1 - int(span[1]) if span else len(hub.files[path]) if mark else 0
    return total

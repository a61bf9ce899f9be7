"""What is seen of a pull: a bar, lines for programs, or a few words for a log."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from flows.cli import pull_progress
from flows.cli.events import EVENTS
from flows.cli.pull_progress import Bar, JsonLines, progress_bars, show
from tests.flows.cli.conforming import faults
from tests.flows.cli.conftest import NAME
from wan.hub.catalog import CATALOG

MODEL = CATALOG[NAME]


def test_programs_hear_of_everything_and_of_progress_once_a_second(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(pull_progress, "_SECONDS_BETWEEN_LINES", 0.0)
    lines = JsonLines(NAME)
    lines.begin(MODEL, 1000, 200)
    lines.arrived(300)
    monkeypatch.setattr(pull_progress, "_SECONDS_BETWEEN_LINES", 60.0)
    lines.arrived(500)
    lines.file_done("a.safetensors")
    lines.note("the hub is slow")
    lines.done(Path("/models/x"), 800)
    told = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [line["event"] for line in told] == ["begin", "progress", "file", "note", "done"]
    assert [fault for line in told for fault in faults(line, EVENTS[f"models pull: {line['event']}"])] == []
    assert (told[1]["done"], told[1]["bytes"]) == (500, 1000)
    assert told[1]["bytes_per_second"] > 0


def test_a_log_has_a_line_for_the_model_and_each_file_and_no_bar() -> None:
    out = io.StringIO()
    bars = progress_bars(Console(file=out, highlight=False, width=80))
    with bars:
        bar = Bar(NAME, bars)
        bar.begin(MODEL, 3_000_000, 1_000_000)
        bar.arrived(2_000_000)
        bar.file_done("a.safetensors")
        bar.note("[slow]")
        bar.done(Path("/models/x"), 2_000_000)
    assert out.getvalue().splitlines() == [
        f"{NAME}: 3 MB, of which 1 MB are here from before",
        f"{NAME}: a.safetensors",
        f"{NAME}: [slow]",
    ]


def test_whoever_waits_for_a_document_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with show(NAME, "nothing") as watcher:
        watcher.begin(MODEL, 10, 0)
        watcher.file_done("a")
        watcher.done(Path("/models/x"), 10)
    assert capsys.readouterr() == ("", "")

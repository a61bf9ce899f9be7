"""`wanflow ui` hands the port on, and prints where to look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from flows.cli.ui import command


def test_the_port_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(port: int, *, say: Callable[[str], None]) -> None:
        say(f"http://127.0.0.1:{port}/runs")

    monkeypatch.setattr("flows.runs.ui.serve_ui", serve)
    assert CliRunner().invoke(command, ["--port", "8080"]).stdout == "http://127.0.0.1:8080/runs\n"
    assert CliRunner().invoke(command, []).stdout == "http://127.0.0.1:4200/runs\n"


def test_a_port_that_is_none_is_the_persons_mistake() -> None:
    assert CliRunner().invoke(command, ["--port", "70000"]).exit_code == 2

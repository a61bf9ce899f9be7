"""`wanflow ui`: where past and running films are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import EnvironmentProblem
from flows.runs import ui
from flows.runs.ui import serve_ui


class Standing:
    """A server of this machine that answers, and ends after some looks."""

    url = "http://127.0.0.1:4200"

    def __init__(self, looks: int) -> None:
        self.looks, self.closed = looks, False

    def wait(self) -> None:
        pass

    @property
    def alive(self) -> bool:
        self.looks -= 1
        return self.looks >= 0

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _no_server_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setattr(ui, "LOOK_SECONDS", 0.0)


def test_it_says_where_and_that_the_server_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    server, said = Standing(looks=2), list[str]()
    monkeypatch.setattr(ui, "connect", lambda port: server)
    with pytest.raises(EnvironmentProblem, match="wanflow ui"):
        serve_ui(say=said.append)
    assert said == ["http://127.0.0.1:4200/runs", "Ctrl-C ends it."]
    assert server.closed


def test_ctrl_c_ends_it_in_peace_and_the_server_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Standing(looks=10)

    def ctrl_c(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ui, "connect", lambda port: server)
    monkeypatch.setattr("time.sleep", ctrl_c)
    serve_ui(say=lambda text: None)
    assert server.closed


def test_a_server_that_is_named_and_silent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(EnvironmentProblem, match="PREFECT_API_URL"):
        serve_ui(say=lambda text: None)

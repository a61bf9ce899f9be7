"""The embedded Prefect server: shared, gone when nobody needs it; and a server of one's own."""

from __future__ import annotations

import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from flows.film.places import prefect_home
from flows.film.server import Server, connect

from flows.errors import EnvironmentProblem
from flows.film import server as module


def nothing() -> None:
    pass


@pytest.mark.slow
def test_one_server_for_all_clients_and_none_when_they_are_gone(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = prefect_home() / "prefect.db"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    prefect_home().mkdir(parents=True)
    with closing(sqlite3.connect(made)) as source, closing(sqlite3.connect(prefect_home() / "prefect.db")) as copy:
        source.backup(copy)  # so that it need not be created again
    first, second = connect(), connect()
    assert first.process == second.process
    first.wait(meanwhile=nothing)
    assert first.process is not None
    for one in (first, second):
        assert one.client is not None
        assert one.process is not None
        assert one.process.alive
        one.client.close()
    deadline = time.monotonic() + 20
    while first.process.alive:
        assert time.monotonic() < deadline, "the server stayed"
        time.sleep(0.1)


def test_a_server_of_ones_own_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api/")
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    named = connect()
    assert (named.api, named.url, named.process) == ("http://127.0.0.1:9/api", "http://127.0.0.1:9", None)
    with pytest.raises(EnvironmentProblem, match="no Prefect server answers at PREFECT_API_URL"):
        named.wait(meanwhile=nothing)


def test_a_port_that_is_taken_is_said_with_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(EnvironmentProblem, match=f"port {port} is in use"):
            connect(port)


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wanflow").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(EnvironmentProblem, match="Prefect's database cannot be kept in"):
        connect()

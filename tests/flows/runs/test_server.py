"""The embedded Prefect server: shared, of this machine, and gone when nobody needs it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from flows.errors import EnvironmentProblem
from flows.runs import server as module
from flows.runs.locks import Address, address_here, starting, write_address
from flows.runs.places import prefect_home
from flows.runs.server import Server, connect, look
from wan.system.locks import hold


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a user who has rendered nothing yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    prefect_home().mkdir(parents=True)
    return prefect_home()


@pytest.fixture
def _no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server would be started, and is not."""
    monkeypatch.setattr(module, "_start", lambda home, port: address_here("http://127.0.0.1:1", 0))


@pytest.mark.slow
def test_one_server_for_all_clients_and_none_when_they_are_gone(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = server.home / "prefect.db"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    prefect_home().mkdir(parents=True)
    with closing(sqlite3.connect(made)) as source, closing(sqlite3.connect(prefect_home() / "prefect.db")) as copy:
        source.backup(copy)  # so that it need not be created again
    write_address(prefect_home(), address_here("http://127.0.0.1:9", os.getpid()))  # left by one that was killed
    first, second = connect(), connect()
    assert first.address == second.address
    first.wait()
    assert look() == f"its server runs at {first.url}"
    for one in (first, second):
        assert one.alive
        one.close()
    deadline = time.monotonic() + 20
    while first.alive:
        assert time.monotonic() < deadline, "the server stayed"
        time.sleep(0.1)
    third = connect()
    os.kill(third.address.pid, signal.SIGKILL)
    with pytest.raises(EnvironmentProblem, match="did not start"):
        third.wait()
    third.close()


@pytest.mark.slow
def test_why_it_cannot_use_its_database_is_said(home: Path) -> None:
    with closing(sqlite3.connect(home / "prefect.db")) as database:
        database.execute("create table flow (id int)")  # in the way of the first migration
    server = connect()
    with pytest.raises(EnvironmentProblem, match=r"prefect\.db is damaged, or of another Prefect: .*already exists"):
        server.wait()
    server.close()


@pytest.mark.usefixtures("_no_process")
def test_a_server_of_another_machine_keeps_its_database_and_here_there_is_another(home: Path) -> None:
    with starting(home):
        write_address(home, Address("http://127.0.0.1:1", os.getpid(), "another", "another kernel"))
    server = connect()
    assert server.home.parent == home / "machines"
    server.close()
    name = server.home.name
    held = hold(server.home / "server.lock")  # a container with a network of its own, on this machine
    assert held is not None
    write_address(server.home, Address("http://127.0.0.1:1", 1, "a container", address_here("", 0).kernel))
    with connect().lock, held:
        pass
    assert sorted(folder.name for folder in (home / "machines").iterdir()) == [name, f"{name}-2"]


@pytest.mark.usefixtures("_no_process")
def test_a_server_of_another_machine_that_died_is_none(home: Path) -> None:
    with starting(home):
        write_address(home, Address("http://127.0.0.1:1", os.getpid(), "another", "another kernel"))
    os.utime(home / "server.json", (time.time() - 1000,) * 2)
    with (server := connect()).lock:
        assert server.home == home


def test_a_port_that_is_taken_is_said_with_the_next_one(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(EnvironmentProblem, match=f"port {port} is in use"):
            connect(port)


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wanflow").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for ask in (connect, look):
        with pytest.raises(EnvironmentProblem, match=r"Prefect's database cannot be kept in.*\n.*XDG_DATA_HOME"):
            ask()


def test_looking_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert "started when needed" in look()
    assert not list(tmp_path.iterdir())


def test_the_address_says_on_which_machine(home: Path) -> None:
    write_address(home, address_here("http://127.0.0.1:1", 7))
    assert json.loads((home / "server.json").read_text())["pid"] == 7

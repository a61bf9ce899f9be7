"""How processes share a server, and how it knows that it is alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from flows.film.locks import Address, become_client, has_clients, leave_if_unused, read_address, starting, write_address


def test_the_server_stays_while_there_is_a_client(tmp_path: Path) -> None:
    write_address(tmp_path, Address("http://127.0.0.1:1", 1))
    first, second = become_client(tmp_path), become_client(tmp_path)
    first.close()
    assert has_clients(tmp_path)
    assert not leave_if_unused(tmp_path)
    second.close()
    assert leave_if_unused(tmp_path)
    assert read_address(tmp_path) is None


def test_a_client_that_is_killed_is_none_any_more(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from flows.film.locks import become_client\n"
        "lock = become_client(pathlib.Path(sys.argv[1])); print('here', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "here\n"
        assert has_clients(tmp_path)
        os.kill(client.pid, signal.SIGKILL)
        client.wait()
    assert not has_clients(tmp_path)


def test_the_server_does_not_leave_while_somebody_is_starting(tmp_path: Path) -> None:
    with starting(tmp_path):
        assert not leave_if_unused(tmp_path)
    assert leave_if_unused(tmp_path)


def test_an_address_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_address(tmp_path) is None
    (tmp_path / "server.json").write_text("half a fi")
    assert read_address(tmp_path) is None


def test_a_process_that_ended_is_not_alive() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not Address("", ended.pid).alive
    assert Address("", os.getpid()).alive

"""How processes share a server, and how it knows that it is alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from flows.runs.locks import (
    BELIEF_SECONDS,
    Address,
    address_here,
    become_client,
    has_clients,
    leave_if_unused,
    lives,
    read_address,
    server_lock,
    show_life,
    starting,
    write_address,
)
from wan.system.locks import hold


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
        "import sys, time, pathlib; from flows.runs.locks import become_client\n"
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
    (tmp_path / "server.json").write_text('{"url": "http://127.0.0.1:1", "pid": 1, "later": true}')
    assert read_address(tmp_path) is None


def test_a_server_lives_as_long_as_it_has_its_lock_whoever_has_its_number_now(tmp_path: Path) -> None:
    address = address_here("http://127.0.0.1:1", os.getpid())
    assert address.here
    assert not lives(tmp_path, address)
    held = hold(server_lock(tmp_path))
    assert held is not None
    assert lives(tmp_path, address)
    held.close()
    assert not lives(tmp_path, address)


def test_one_of_another_machine_lives_as_long_as_it_shows_itself(tmp_path: Path) -> None:
    address = Address("http://127.0.0.1:1", 1, "another machine", "another kernel")
    assert not address.here
    with starting(tmp_path):
        write_address(tmp_path, address)
        assert lives(tmp_path, address)
        os.utime(tmp_path / "server.json", (time.time() - BELIEF_SECONDS - 5,) * 2)
        assert not lives(tmp_path, address)
        show_life(tmp_path)
        assert lives(tmp_path, address)

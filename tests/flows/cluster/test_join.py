"""Which cluster an address means, and what is said when none answers."""

from __future__ import annotations

import itertools
import math
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.cluster import join as joining
from flows.cluster.join import ClusterAddress, address_of, check_listening, join
from flows.errors import EnvironmentProblem, SettingsError, Stopped

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def other_service() -> Iterator[str]:
    """Listens, and answers as Redis does, which many machines have where Ray would be."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(caller: socket.socket) -> None:
            with caller:
                while caller.recv(4096):
                    caller.sendall(b"-ERR unknown command\r\n")

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(caller,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("setting", "named", "text"),
    [
        ("auto", "", "auto"),
        ("auto", "auto", "auto"),
        ("auto", "10.0.0.1:6379", "10.0.0.1:6379"),
        ("head:6379", "10.0.0.1:6379", "head:6379"),
        ("[::1]:6379", "", "[::1]:6379"),
    ],
)
def test_auto_is_what_ray_address_names(monkeypatch: pytest.MonkeyPatch, setting: str, named: str, text: str) -> None:
    monkeypatch.setenv("RAY_ADDRESS", named)
    assert address_of(setting).text == text


@pytest.mark.parametrize(
    ("setting", "named", "told"),
    [
        ("ray://head:10001", "", "cluster.address=ray://head:10001: Ray's client protocol"),
        ("auto", "ray://head:10001", "ray://head:10001, which RAY_ADDRESS names: Ray's client protocol"),
        ("auto", "http://head:8265", "http://head:8265, which RAY_ADDRESS names: not the address of a cluster"),
        ("auto", "local", "local, which RAY_ADDRESS names: not the address of a cluster"),
        ("head", "", "cluster.address=head: not the address of a cluster"),
        ("head:99999", "", "cluster.address=head:99999: not the address of a cluster"),
    ],
)
def test_what_is_no_address_is_said_where_it_was_written(
    monkeypatch: pytest.MonkeyPatch, setting: str, named: str, told: str
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", named)
    with pytest.raises(SettingsError, match=told):
        address_of(setting)


UNUSED: Any = None
"""For Ray, where nothing may come to it: a process has one, and tests before may have left theirs running."""


def test_nobody_listens() -> None:
    with pytest.raises(EnvironmentProblem, match=r"no Ray cluster answers at cluster.address=127.0.0.1:1: .*refused"):
        join(UNUSED, address_of("127.0.0.1:1"), 1.0, lambda: False)


SESSION = """
import sys
from dataclasses import replace
from flows.cluster.session import RaySession
from flows.config import compose
from flows.errors import EnvironmentProblem

try:
    RaySession(replace(compose([]).settings.cluster, address="127.0.0.1:1"))
except EnvironmentProblem as error:
    sys.exit(str(error))
"""


def test_a_session_says_why_it_could_not_join_and_ends() -> None:
    ran = subprocess.run([sys.executable, "-c", SESSION], cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert ran.stderr.startswith("no Ray cluster answers at cluster.address=127.0.0.1:1: ")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(("setting", "named"), [("127.0.0.1:1", ""), ("auto", "127.0.0.1:1")])
def test_that_nobody_listens_is_known_without_ray(monkeypatch: pytest.MonkeyPatch, setting: str, named: str) -> None:
    monkeypatch.setenv("RAY_ADDRESS", named)
    with pytest.raises(EnvironmentProblem, match=r"no Ray cluster answers at .*127.0.0.1:1.*refused"):
        check_listening(setting)


def test_who_listens_or_is_not_named_is_not_asked_more(monkeypatch: pytest.MonkeyPatch, other_service: str) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    for setting in (None, "auto", other_service):
        check_listening(setting)


@pytest.mark.slow
def test_who_listens_does_not_answer_as_ray_does(other_service: str) -> None:
    with pytest.raises(EnvironmentProblem, match=f"no Ray cluster answers at cluster.address={other_service}: "):
        join(UNUSED, address_of(other_service), 3.0, lambda: False)


def test_stopping_ends_the_knocking(other_service: str) -> None:
    asked = itertools.count()
    with pytest.raises(Stopped):
        join(UNUSED, address_of(other_service), math.inf, lambda: next(asked) > 3)


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ("RPC error: InvalidAuthToken: Authentication token is missing", "RAY_AUTH_MODE=token"),
        ("The cluster was started with: Ray: 2.59.0 Python: 3.11.7 ...", "the same Ray and the same Python"),
        ("no Ray process on this machine", "on one of its machines"),
        ("anything else", "ray start --head"),
    ],
)
def test_each_reason_has_its_advice(monkeypatch: pytest.MonkeyPatch, said: str, fix: str) -> None:
    def refuse(*arguments: object) -> None:
        raise ConnectionError(said)

    monkeypatch.setattr(joining, "_connect", refuse)
    with pytest.raises(EnvironmentProblem, match=rf"at cluster.address=auto.*: .*\n    .*{fix}"):
        join(UNUSED, ClusterAddress("auto", "cluster.address=auto"), 1.0, lambda: False)

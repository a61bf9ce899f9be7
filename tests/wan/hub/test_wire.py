"""Patience: what is tried again, how often, and how long a server may make us wait."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from tests.httpx_errors import ERRORS, break_network
from tests.wan.hub.fake_hub import FakeHub
from wan.errors import HubError
from wan.hub.wire import Passing, Wire, host_of


def test_tries_are_counted_anew_whenever_something_arrived() -> None:
    wire = Wire("http://127.0.0.1:9", attempts=2, first_pause=0.0)
    reached = 0

    def once() -> str:
        nonlocal reached
        reached += 1
        if reached < 6:
            raise Passing("cut")
        return "whole"

    assert wire.retrying(once, progress=lambda: reached) == "whole"
    wire.close()


def test_tries_without_progress_end() -> None:
    wire = Wire("http://127.0.0.1:9", attempts=3, first_pause=0.0)
    tries = []

    def once() -> None:
        tries.append(1)
        raise Passing("silence")

    with pytest.raises(HubError, match=r"silence \(3 tries\)"):
        wire.retrying(once)
    assert len(tries) == 3
    wire.close()


def test_a_stop_ends_every_wait() -> None:
    stop = threading.Event()
    wire = Wire("http://127.0.0.1:9", stop=stop, first_pause=60.0)

    def once() -> None:
        stop.set()
        raise Passing("silence", wait=300.0)

    began = time.monotonic()
    with pytest.raises(HubError):
        wire.retrying(once)
    assert time.monotonic() - began < 5
    wire.close()


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("86400", 300.0), ("Fri, 31 Dec 2027 23:59:59 GMT", None), (None, None)]
)
def test_retry_after_is_heard_within_reason(hub: FakeHub, header: str | None, seconds: float | None) -> None:
    hub.busy, hub.retry_after = 1, header
    wire = Wire(hub.address)
    with pytest.raises(Passing) as fault, wire.get(f"{hub.address}/x"):
        pass
    assert fault.value.wait == seconds
    wire.close()


def test_an_address_is_told_without_what_may_be_secret() -> None:
    assert host_of("https://me:word@host.example:81/path?signature=secret") == "host.example:81"


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_of_a_request_is_one_of_ours(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", break_network(kind))
    wire = Wire("http://127.0.0.1:9", attempts=2, first_pause=0.0)
    with pytest.raises(HubError, match=r"^127\.0\.0\.1"):
        wire.json("http://127.0.0.1:9/api")
    wire.close()

"""Commands on one machine that want the same clip."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from flows.cluster import claims
from flows.cluster.claims import alone
from flows.errors import Stopped

STORE, CLIP = b"this one", "a" * 64


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(claims, "LOOK_SECONDS", 0.01)


def nothing() -> None:
    pass


def test_nobody_else_is_not_waited_for_and_nothing_is_left(tmp_path: Path) -> None:
    for _ in range(2):
        with alone(STORE, CLIP, lambda: False, nothing) as waited:
            assert not waited
            with alone(STORE, "b" * 64, lambda: False, nothing) as other:
                assert not other
            with alone(b"another", CLIP, lambda: False, nothing) as other:
                assert not other
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_second_waits_and_says_so_until_the_first_is_done() -> None:
    said, waiting, order = [], Event(), []

    def second() -> None:
        def say() -> None:
            said.append(1)
            waiting.set()

        with alone(STORE, CLIP, lambda: False, say) as waited:
            order.append(("second", waited))

    thread = Thread(target=second)
    with alone(STORE, CLIP, lambda: False, nothing):
        thread.start()
        assert waiting.wait(10)
        order.append(("first", False))
    thread.join(10)
    assert order == [("first", False), ("second", True)]
    assert said == [1]


def test_who_waits_can_be_stopped() -> None:
    stopped = pytest.raises(Stopped)
    with alone(STORE, CLIP, lambda: False, nothing), stopped, alone(STORE, CLIP, lambda: True, nothing):
        pass


def claim_and_hang(begun: str) -> None:
    with alone(STORE, CLIP, lambda: False, nothing):
        Path(begun).touch()
        time.sleep(60)


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    process = multiprocessing.get_context("spawn").Process(target=claim_and_hang, args=(str(begun),))
    process.start()
    while not begun.exists():
        assert process.is_alive()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
    with alone(STORE, CLIP, lambda: False, nothing):
        pass


def test_without_locks_nobody_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with alone(STORE, CLIP, lambda: False, nothing) as waited:
        assert not waited

"""A server that goes away is noticed in seconds, not after minutes of trying."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from flows.runs import life


@dataclass
class Asked:
    alive: bool = True
    answering: bool = True

    def answers(self) -> bool:
        return self.answering


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"LOOK_SECONDS": 0.01, "LAST_LOOK_SECONDS": 0.01, "LAST_SECONDS": 0.1}.items():
        monkeypatch.setattr(life, name, seconds)


def watched(server: Asked) -> tuple[threading.Event, threading.Event]:
    ending, gone = threading.Event(), threading.Event()
    life.watch_life(server, ending, gone.set)
    return ending, gone


def test_one_whose_process_ended_is_gone_at_once() -> None:
    server = Asked()
    _, gone = watched(server)
    assert not gone.wait(0.1)
    server.alive = False
    assert gone.wait(5)


def test_one_that_is_silent_may_come_back_while_clips_are_rendered_but_not_after_the_film() -> None:
    server = Asked(answering=False)
    ending, gone = watched(server)
    assert not gone.wait(0.3)
    ending.set()
    assert gone.wait(5)


def test_one_that_answers_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Asked()
    ending, gone = watched(server)
    ending.set()
    assert not gone.wait(0.4)
    server.alive = False
    assert gone.wait(5)

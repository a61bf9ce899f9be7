"""What is said of a job is there for whoever asks, from wherever they left off, until the end was heard."""

from __future__ import annotations

import logging
import threading
import time

from flows.cluster.job import Message, Warm
from flows.cluster.read_ahead import ReadAhead
from flows.cluster.said import Reporter, Said, logs_forwarded
from flows.events import Log, Progress


def test_it_is_heard_from_any_message_on_and_over_when_it_ends() -> None:
    said = Said()
    assert said.over, "nothing was begun"
    for step in (1, 2):
        said.say(Progress("a", "denoise", step, 2))
    assert not said.over
    assert said.heard(1, 0.0).messages == (Progress("a", "denoise", 2, 2),)
    assert not said.told
    said.end()
    assert said.over
    assert said.heard(2, 0.0).over
    assert said.told


def test_who_asks_waits_for_news_and_no_longer() -> None:
    said = Said()
    threading.Timer(0.1, lambda: said.say(Progress("a", "load", 0, 1))).start()
    assert said.heard(0, 10.0).messages
    began = time.monotonic()
    assert not said.heard(1, 0.05).messages
    assert time.monotonic() - began < 5


def test_what_is_held_is_said_once_it_changes_and_only_while_denoising() -> None:
    said = Said()
    report = Reporter("a", said, ReadAhead())
    report.warm = lambda: frozenset({"model"})
    report.progress("load", 1, 1)
    report.progress("denoise", 1, 2)
    report.progress("denoise", 2, 2)
    heard = said.heard(0, 0.0).messages
    assert [type(message) for message in heard] == [Progress, Warm, Progress, Progress]
    assert not report.should_stop()
    said.stop.set()
    assert report.should_stop()


def test_our_logs_are_said_from_information_up_and_those_of_others_from_warnings_up() -> None:
    said: list[Message] = []
    with logs_forwarded("a", said.append):
        logging.getLogger("wan.x").info("ours")
        logging.getLogger("others").info("not told")
        logging.getLogger("others").warning("theirs")
    logging.getLogger("wan.x").info("later")
    assert [(one.level, one.message) for one in said if isinstance(one, Log)] == [
        (logging.INFO, "ours"),
        (logging.WARNING, "theirs"),
    ]

"""What the run's process hears."""

from __future__ import annotations

import io

from flows.runs.feed import KILLED, Feed
from flows.runs.messages import Began, Ended, Message, Opened, Said, encode

OPENED = Opened("A film", "/x.yaml", "0")


def feed_of(*messages: Message, rest: bytes = b"") -> Feed:
    return Feed(io.BytesIO(b"".join(map(encode, messages)) + rest))


def test_what_is_for_a_take_lies_in_its_inbox() -> None:
    feed = feed_of(OPENED, Began("a"), Said("a", 20, "here"), Ended("a", "completed", ""), Ended("", "completed", ""))
    assert feed.opening() == OPENED
    assert len(list(feed.messages())) == 4
    assert list(feed.of("a")) == [Said("a", 20, "here"), Ended("a", "completed", "")]
    assert feed.finished


def test_a_film_whose_process_was_killed_has_crashed_with_its_takes() -> None:
    feed = feed_of(OPENED, Began("a"), rest=encode(Said("a", 20, "here"))[:-7])
    feed.opening()
    assert list(feed.messages()) == [Began("a"), Ended("", "crashed", KILLED)]
    assert list(feed.of("a")) == [Ended("a", "crashed", KILLED)]
    assert feed.ending.is_set()


def test_a_film_that_never_began_has_no_run() -> None:
    assert feed_of().opening() is None

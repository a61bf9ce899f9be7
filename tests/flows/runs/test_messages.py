"""What the two processes say to each other."""

from __future__ import annotations

import pytest

from flows.runs.messages import Began, Ended, Known, Opened, Page, decode, decode_answer, encode


def test_a_message_is_a_line_that_says_all_of_it() -> None:
    for message in (
        Opened("A\nfilm", "/x.yaml", "0"),
        Began("a.b"),
        Began("a.b", ("a.a", "a.a take 2")),
        Page("plan", "why", "| ü |"),
        Ended("", "failed", ""),
    ):
        line = encode(message)
        assert line.count(b"\n") == 1
        assert decode(line) == message
    assert decode_answer(encode(Known("1", "http://x"))) == Known("1", "http://x")


def test_half_a_line_is_none() -> None:
    with pytest.raises(ValueError):
        decode(encode(Began("a.b"))[:-5])

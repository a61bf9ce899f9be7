"""What every kind of value does with what is no text at all."""

from __future__ import annotations

import pytest

from flows.storyboard.context import scalar, wrong
from flows.storyboard.kinds import FreeText
from flows.storyboard.nodes import Text
from tests.flows.storyboard.reading import context, node

TEXT = FreeText()


def said(text: str, key: str = "prompt") -> tuple[str, str | None]:
    around = context()
    assert scalar(node(text), around, key, TEXT) is None
    (problem,) = around.problems.sorted()
    return problem.message, problem.fix


def test_a_text_is_taken_as_it_stands() -> None:
    around = context()
    found = scalar(node("a dog"), around, "prompt", TEXT)
    assert found is not None
    assert (found.value, len(around.problems)) == ("a dog", 0)
    quoted = scalar(node("''"), around, "prompt", TEXT)
    assert quoted is not None, "an empty text in quotes was meant"


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("[a dog]", "prompt must be text, not a list", "write prompt: a dog"),
        ("[a, b]", "prompt must be text, not a list", "write one value after prompt:"),
        ("a:\n  b: c", "prompt must be text, not a map", "write one value after prompt:"),
        ("{a dog}", "prompt must be text, not a map", 'remove the braces: prompt: "a dog"'),
        ("{boat: red}", "prompt must be text, not a map", 'remove the braces: prompt: "boat: red"'),
        ("{prompt: boat}", "prompt must be text, not a map", "remove the braces: prompt: boat"),
        ("{a: [b]}", "prompt must be text, not a map", "write one value after prompt:"),
    ],
)
def test_what_is_no_text_is_told_how_to_be_one(text: str, message: str, fix: str) -> None:
    assert said(text) == (message, fix)


def test_nothing_at_all_is_said_to_be_nothing() -> None:
    around = context()
    nothing = node("a:").entries["a"][1]  # type: ignore[union-attr]
    assert scalar(nothing, around, "a", TEXT) is None
    assert around.problems.sorted()[0].message == "a has no value"


def test_a_wrong_text_is_quoted_and_cut() -> None:
    around = context()
    text = node("x" * 100)
    assert isinstance(text, Text)
    wrong(text, around, "size", TEXT, "write less")
    (problem,) = around.problems.sorted()
    assert problem.message == f"size must be text, not '{'x' * 60}'"
    assert problem.fix == "write less"

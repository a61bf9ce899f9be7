"""A person at the terminal, asked shot by shot."""

from __future__ import annotations

from collections.abc import Sequence

import click
import pytest
from click.testing import CliRunner

from flows.cli.review_ask import ask
from flows.review.model import Entry
from flows.review.wanted import Answer, entry_of
from flows.store import open_store
from tests.flows.review.reviews import NOW, decision, entry, question, sheet

SHEET = sheet(question("river.launch"), question("river.drift", "f1"), question("river.night", "f2"))


def asked(typed: str, entries: Sequence[Entry] = ()) -> tuple[Answer | None, str]:
    """What comes of it, and what the person read."""
    found: list[Answer | None] = []

    @click.command()
    def command() -> None:
        found.append(ask(SHEET, entries, open_store("memory:"), "maria"))

    result = CliRunner().invoke(command, input=typed)
    assert result.exception is None, result.output
    return found[0], result.output


def test_each_open_shot_is_asked_for_and_what_is_wrong_again() -> None:
    before = [entry(1, decision("river.drift", "approve", "f1"), decision("river.launch", "note", note="hm"))]
    answer, said = asked("x\np\n<baot> sinks\np\n<boat> sinks\nn\nlovely\na\n", before)
    assert answer is not None
    assert "one of these letters" in said
    assert "<baot> is not in the cast" in said
    assert "maria on 2026-11-30 09:12 UTC: note hm" in said
    assert "river.drift" not in said
    made = entry_of(answer, SHEET, before, NOW)
    assert [(each.shot, each.verdict, each.prompt, each.note) for each in made.decisions] == [
        ("river.launch", "prompt", "<boat> sinks", ""),
        ("river.night", "approve", "", "lovely"),
    ]


@pytest.mark.parametrize(("typed", "shots"), [("q\n", 0), ("l\nl\nl\n", 0), ("a\nq\n", 1), ("l\nt\nd\n", 2)])
def test_what_is_left_for_later_is_not_decided(typed: str, shots: int) -> None:
    answer, _ = asked(typed)
    assert len(answer.wanted if answer else ()) == shots

from __future__ import annotations

import re
from typing import Any

import pytest

from flows.errors import StoryboardError, UserError
from flows.review.model import Entry
from flows.review.wanted import Answer, Wanted, entry_of, texts
from tests.flows.review.reviews import NOW, decision, entry, question, sheet

SHEET = sheet(
    question("river.launch"),
    question("river.drift", "f1", needs=("river.launch",)),
    question("river.face", "f2", given=True),
    cued=("river.face",),
)


def wanted(shot: str, verdict: str = "", **given: str) -> Wanted:
    said = {key: texts(f"--{key}", value)[1] for key, value in given.items()}
    return Wanted(texts("--shot", shot)[1], texts("--verdict", verdict)[1] if verdict else None, **said)


def decided(*each: Wanted, entries: tuple[Entry, ...] = (), **given: Any) -> Entry:
    return entry_of(Answer(who="maria", how="a test", wanted=each, **given), SHEET, entries, NOW)


def test_an_entry_says_what_was_looked_at_and_what_is_replaced() -> None:
    made = decided(
        wanted("launch", "approve", note=" good "), wanted("river.drift", "take"), wanted("face", prompt="<boat> talks")
    )
    launch, drift, face = made.decisions
    assert (launch.shot, launch.verdict, launch.look, launch.note) == ("river.launch", "approve", "f0", "good")
    assert (drift.seed, drift.written_seed) == (4, 3)
    assert (face.verdict, face.prompt, face.written) == ("prompt", "<boat> talks", "words of river.face")
    assert (made.number, made.who, made.when) == (1, "maria", NOW)


def test_the_rest_is_approved_and_what_stands_is_not_said_again() -> None:
    before = entry(1, decision("river.launch", "approve"))
    known = {"entries": (before,)}
    made = decided(wanted("launch", "approve"), wanted("drift", "take"), approve_rest=True, **known)
    assert [(each.shot, each.verdict) for each in made.decisions] == [
        ("river.drift", "take"),
        ("river.face", "approve"),
    ]
    with pytest.raises(UserError, match="nothing is decided"):
        decided(wanted("launch", "approve"), **known)


def test_a_note_goes_with_what_is_decided_of_the_shot_however_it_is_called() -> None:
    pair = [wanted("launch", "approve"), wanted("river.launch", "note", note="good")]
    for each in (pair, pair[::-1]):
        (made,) = decided(*each).decisions
        assert (made.shot, made.verdict, made.note) == ("river.launch", "approve", "good")
    noted = decided(wanted("drift", "note", note="dark"), approve_rest=True).decisions
    assert sorted((each.shot, each.verdict, each.note) for each in noted) == [
        ("river.drift", "approve", "dark"),
        ("river.face", "approve", ""),
        ("river.launch", "approve", ""),
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([wanted("gone", "approve")], "--shot:1:1: no shot of Boat is called 'gone'"),
        ([wanted("drfit", "approve")], "did you mean river.drift?|there are river.launch"),
        ([wanted("launch", "aprove")], "there is no decision 'aprove'"),
        ([wanted("launch", "prompt")], "a new prompt is not written"),
        ([wanted("launch", "prompt", prompt="words of river.launch")], "or is the one that it has"),
        ([wanted("launch", "approve", prompt="another")], "a new prompt and approve exclude each other"),
        ([wanted("launch", prompt="a <baot>")], "--prompt:1:3: shot river.launch: <baot> is not in the cast"),
        ([wanted("launch", prompt="{{ product }}")], "product"),
        ([wanted("face", "take")], "its still is the picture that it starts from"),
        ([wanted("launch", "approve", look="older")], "it was rendered again since this was written"),
        ([wanted("launch", "approve"), wanted("river.launch", "take")], "river.launch is decided twice"),
        ([wanted("launch", "drop")], "river.launch cannot be dropped: river.drift goes on from it"),
        ([wanted("face", "drop")], "river.face cannot be dropped: a voice begins with it"),
        ([wanted("launch", "drop"), wanted("drift", "drop"), wanted("face", "drop")], "no shot would be left"),
        ([wanted("launch", "note", note="x" * 2001)], "a note has at most 2,000 characters"),
        ([wanted("launch", "note", note="\x1b[2J")], "a control character"),
        ([wanted("launch", "note")], "a note is not written"),
        ([wanted("launch", note="a"), wanted("river.launch", note="b")], "--note:1:1: river.launch has two notes"),
        (
            [wanted("launch", "approve", note="a"), wanted("river.launch", note="b")],
            "--note:1:1: river.launch has two notes",
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_was_written_and_nothing_counts(wrong: list[Wanted], said: str) -> None:
    with pytest.raises(StoryboardError) as caught:
        decided(*wrong)
    assert re.search(said, str(caught.value)) or said in str(caught.value)


def test_every_problem_is_said_at_once() -> None:
    with pytest.raises(StoryboardError) as caught:
        decided(wanted("gone", "approve"), wanted("launch", "aprove"))
    assert len(caught.value.problems) == 2


def test_what_goes_on_from_a_dropped_shot_is_dropped_with_it() -> None:
    assert len(decided(wanted("launch", "drop"), wanted("drift", "drop")).decisions) == 2


def test_of_two_who_decide_at_once_the_second_is_told() -> None:
    first = entry(1, decision("river.launch", "drop"), who="jo")
    with pytest.raises(
        UserError, match="jo on 2026-11-30 09:12 UTC has decided 1 shot in the meantime; nothing of this"
    ):
        decided(wanted("launch", "approve"), entries=(first,), number=0)


@pytest.mark.parametrize("who", ["", " ", "x" * 101, "a\nb", "\x1b[0m"])
def test_who_decides_has_a_name(who: str) -> None:
    with pytest.raises(StoryboardError, match="is no name of who decides"):
        entry_of(Answer(who=who, how="", approve_rest=True), SHEET, (), NOW)

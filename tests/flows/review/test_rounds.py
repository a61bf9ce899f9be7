from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.clips import SEEDS
from flows.review.model import Entry
from flows.review.rounds import (
    changes_of,
    final_storyboard,
    next_seed,
    open_shots,
    stand_of,
    stands,
    when_time_is_up,
)
from flows.storyboard import load_storyboard
from flows.storyboard.model import Storyboard
from tests.flows.review.reviews import NOW, STORYBOARD, decision, entry, question, sheet


@pytest.fixture
def board(tmp_path: Path) -> Storyboard:
    (tmp_path / "boat.yaml").write_text(STORYBOARD)
    return load_storyboard(tmp_path / "boat.yaml")


def test_the_last_decision_about_what_is_looked_at_counts() -> None:
    asked = question("a.b")
    entries = [entry(1, decision("a.b", "approve")), entry(2, decision("a.b", "drop"), who="jo")]
    assert stand_of(asked, entries[:1]).standing == "approved"
    assert stand_of(asked, entries).standing == "dropped"
    last = stand_of(asked, entries).entry
    assert last is not None
    assert last.signed == "jo on 2026-11-30 09:12 UTC"


def test_a_shot_that_was_changed_is_open_and_approved_again_when_it_is_as_it_was() -> None:
    entries = [entry(1, decision("a.b", "approve", "f0"), decision("a.c", "approve", "g0"))]
    assert open_shots([question("a.b", "f1"), question("a.c", "g0")], entries) == ("a.b",)
    assert open_shots([question("a.b", "f0")], entries) == ()


def test_a_note_decides_nothing() -> None:
    entries = [entry(1, decision("a.b", "approve")), entry(2, decision("a.b", "note", note="lovely"))]
    assert stand_of(question("a.b"), entries).standing == "approved"
    assert stand_of(question("a.b"), entries[1:]).standing == "open"


def test_a_prompt_and_a_seed_hold_until_the_storyboard_says_otherwise(board: Storyboard) -> None:
    words = "<boat> moves right"
    entries = [
        entry(1, decision("river.launch", "take", seed=4, written_seed=3)),
        entry(2, decision("river.launch", "prompt", prompt="'<boat> sinks'", written=words)),
        entry(3, decision("river.drift", "prompt", prompt="x", written="what it was before it was edited")),
    ]
    changes = changes_of(board, entries)
    assert [change.override for change in changes] == [
        "storyboard.shots.river.launch.prompt= '<boat> sinks'",
        "storyboard.shots.river.launch.seed=4",
    ]
    assert changes_of(replace(board, seed=9), entries) == changes[:1]


def test_the_film_has_the_takes_that_were_approved_and_no_shot_that_was_dropped(board: Storyboard) -> None:
    names = ("river.launch", "river.drift", "river.night")
    questions = [question(name, name, seed=number) for number, name in enumerate(names, 5)]
    entries = [
        entry(
            1,
            decision("river.launch", "drop", "river.launch"),
            decision("river.drift", "approve", "river.drift"),
            decision("river.night", "approve", "river.night"),
        )
    ]
    shots = final_storyboard(board, questions, entries).shots
    assert [(shot.full_id, shot.seed, shot.takes) for shot in shots] == [("river.drift", 6, 1), ("river.night", 7, 1)]
    assert [shot.approved for shot in shots] == ["maria on 2026-11-30 09:12 UTC"] * 2
    assert [shot.transition.kind for shot in shots] == ["cut", "dissolve"]
    assert [shot.transition.kind for shot in final_storyboard(board, questions, entries).scenes[0].shots[:1]] == ["cut"]
    given_ones = [replace(each, given=True) for each in questions]
    assert [shot.seed for shot in final_storyboard(board, given_ones, entries).shots] == [None, None]


@pytest.mark.parametrize("then", ["approve", "reject"])
def test_when_time_is_up_what_is_open_is_decided(then: str) -> None:
    asked = sheet(question("a.b"), question("a.c"), until=NOW + timedelta(hours=8), on_timeout=then)
    entries = [entry(1, decision("a.b", "drop"))]
    assert when_time_is_up(asked, entries, NOW) is None
    late = when_time_is_up(asked, entries, NOW + timedelta(hours=8))
    assert late is not None
    assert (late.who, late.number, late.rejected) == ("time-out", 2, then == "reject")
    assert [each.shot for each in late.decisions] == (["a.c"] if then == "approve" else [])
    everything = [*entries, entry(2, decision("a.c", "approve"))]
    assert when_time_is_up(asked, everything, NOW + timedelta(days=9)) is None


def test_seeds_go_round() -> None:
    assert next_seed(SEEDS - 1) == 0


VERDICTS = st.sampled_from(["approve", "take", "prompt", "drop", "note"])
ROUNDS = st.lists(st.lists(st.tuples(st.sampled_from("abc"), VERDICTS), max_size=4), max_size=8)


@given(rounds=ROUNDS)
@settings(max_examples=200, deadline=None)
def test_rounds_end_as_the_last_word_of_each_look_says(rounds: list[list[tuple[str, str]]]) -> None:
    """A world in which another take and a new prompt give another look, as rendering does."""
    looks = dict.fromkeys("abc", 0)
    said: dict[tuple[str, int], str] = {}
    entries: list[Entry] = []
    for number, decided in enumerate(rounds, 1):
        entries.append(entry(number, *(decision(shot, verdict, f"{looks[shot]}") for shot, verdict in decided)))  # type: ignore[arg-type]
        for shot, verdict in decided:
            if verdict != "note":
                said[shot, looks[shot]] = verdict
        for shot, verdict in dict(decided).items():
            looks[shot] += verdict in ("take", "prompt")
    questions = [question(shot, str(looks[shot])) for shot in "abc"]
    found = stands(questions, entries)
    for shot in "abc":
        last = said.get((shot, looks[shot]), "")
        assert found[shot].standing == {"approve": "approved", "drop": "dropped"}.get(last, "open")
        assert (found[shot].entry is None) == (found[shot].standing == "open")
    assert set(open_shots(questions, entries)) == {shot for shot in "abc" if found[shot].standing == "open"}

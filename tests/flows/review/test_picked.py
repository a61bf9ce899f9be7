"""A take that was picked and what is decided in a review: the look is of that take, and the later word holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flows.errors import UserError
from flows.film.picking import choices, made_film, standings
from flows.planning import Plan, plan_to_json
from flows.project import plan
from flows.resolve.picks import Pick, change_picks
from flows.review.model import Kind
from flows.review.picked import Chosen, Of, agree
from flows.review.prepare import Reviewed
from flows.review.rounds import Change
from flows.store import open_store
from tests.flows.batch.reviews import STORYBOARD as ROWS
from tests.flows.batch.reviews import batch
from tests.flows.batch.reviews import decide as decide_rows
from tests.flows.batch.reviews import prepared as prepared_rows
from tests.flows.review.reviews import NOW, STORYBOARD, entry, film, loaded, prepared
from tests.flows.review.test_make import decide

FILM = STORYBOARD.replace("prompt: <boat> at night", "takes: 3, prompt: <boat> at night").replace(
    "prompt: <boat> comes closer", "takes: 2, prompt: <boat> comes closer"
)
NIGHT, DRIFT = "river.night", "river.drift"
ALL = {"launch": "approve", "drift": "approve", "night": "approve"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    film(tmp_path)
    (tmp_path / "boat.yaml").write_text(FILM)
    return tmp_path


def takes_of(made: Plan, shot: str) -> dict[int, str]:
    """Fingerprints by number."""
    found = next(each for each in made.shots if each.id == shot)
    return {take.number: take.fingerprint for take in found.all_takes}


def pick(folder: Path, shot: str, number: int, *, after: float = 0.0) -> None:
    """Of the film as it would be rendered without a review, `after` that many seconds."""
    made = plan(loaded(folder))
    new = Pick(
        shot=shot,
        take=number,
        fingerprint=takes_of(made, shot)[number],
        film=made.slug,
        who="ann",
        when=(NOW + timedelta(seconds=after)).isoformat(timespec="milliseconds"),
    )
    store = open_store(str(folder / "store"))
    change_picks(store, made.storyboard.identity, lambda kept: [*(k for k in kept if k.shot != shot), new])


def seeds(reviewed: Reviewed) -> dict[str, int]:
    return {question.shot: question.seed for question in reviewed.sheet.questions}


@pytest.mark.parametrize("kind", ["draft", "stills"])
def test_a_look_is_of_the_take_that_was_picked_and_so_is_the_film(folder: Path, kind: Kind) -> None:
    pick(folder, NIGHT, 2)
    reviewed = prepared(folder, kind)
    assert seeds(reviewed) == {"river.launch": 3, DRIFT: 3, NIGHT: 4}
    assert reviewed.looks is not None
    (look,) = next(shot for shot in reviewed.looks.shots if shot.id == NIGHT).takes
    assert (look.seed, look.fingerprint) == (4, reviewed.sheet.of(NIGHT).look)
    decide(reviewed, **ALL)
    last = prepared(folder, kind)
    assert last.open == ()
    final = plan(last.final)
    assert takes_of(final, NIGHT) == {1: takes_of(plan(loaded(folder)), NIGHT)[2]}, "the very take"
    assert not [warning for warning in final.warnings if "out of date" in warning]


def test_what_a_review_has_approved_is_no_choice_that_is_out_of_date(folder: Path) -> None:
    pick(folder, DRIFT, 2)
    (folder / "boat.yaml").write_text(
        FILM.replace("prompt: <boat> moves right", "takes: 2, prompt: <boat> moves right")
    )
    pick(folder, DRIFT, 2, after=1)  # it goes on from the best of two
    reviewed = prepared(folder)
    assert seeds(reviewed)[DRIFT] == 4
    decide(reviewed, **ALL)
    final = plan(prepared(folder).final)
    assert takes_of(final, DRIFT)[1] not in takes_of(plan(loaded(folder)), DRIFT).values(), "from one take alone"
    assert not [warning for warning in final.warnings if "out of date" in warning]
    (folder / "made").mkdir()
    (folder / "made" / "plan.json").write_text(json.dumps(plan_to_json(final)))
    made = made_film(folder / "made")
    assert [standing.outdated for standing in standings(made, open_store(str(folder / "store")))] == [None] * 3


def test_another_take_is_the_next_after_the_picked_one_and_who_picks_later_has_the_last_word(folder: Path) -> None:
    pick(folder, NIGHT, 2, after=-60)
    decide(prepared(folder), night="take")
    again = prepared(folder)
    assert (seeds(again)[NIGHT], [change.value for change in again.changes]) == (5, ["5"])
    pick(folder, NIGHT, 1, after=60)
    later = prepared(folder)
    assert (seeds(later)[NIGHT], later.changes) == (3, ())
    store = open_store(str(folder / "store"))
    change_picks(store, loaded(folder).storyboard.identity, lambda kept: [])
    assert seeds(prepared(folder))[NIGHT] == 5, "without the pick what was decided holds"


def test_a_pick_of_takes_that_a_decision_has_replaced_counts_no_more(folder: Path) -> None:
    pick(folder, NIGHT, 2, after=60)
    decide(prepared(folder), night="prompt=<boat> under the moon")
    assert seeds(prepared(folder))[NIGHT] == 3
    pick(folder, DRIFT, 2, after=60)
    assert seeds(prepared(folder))[DRIFT] == 4
    decide(prepared(folder), launch="take")
    assert seeds(prepared(folder))[DRIFT] == 3, "it would go on from another take now"


def test_where_the_storyboard_says_a_take_its_seed_is_looked_at_and_said(folder: Path) -> None:
    (folder / "boat.yaml").write_text(FILM.replace("takes: 3,", "takes: 3, take: 2,"))
    first = prepared(folder)
    assert seeds(first)[NIGHT] == 4
    decide(first, night="take")
    second = prepared(folder)
    assert (seeds(second)[NIGHT], [change.value for change in second.changes]) == (5, ["4"])
    decide(second, **ALL)
    final = plan(prepared(folder).final)
    assert [take.seed for take in final.shots[2].takes] == [5]
    written = FILM.replace("takes: 3,", "takes: 3, take: 2, seed: 4,")  # as the sheet says
    (folder / "boat.yaml").write_text(written)
    assert prepared(folder).open == ()


def test_of_a_film_that_was_reviewed_pick_says_why_there_is_no_choice(folder: Path) -> None:
    reviewed = prepared(folder)
    decide(reviewed, **ALL)
    (folder / "made").mkdir()
    (folder / "made" / "plan.json").write_text(json.dumps(plan_to_json(plan(prepared(folder).final))))
    with pytest.raises(UserError, match=r"was approved by maria on .*\n.*wanflow review … --take river.night"):
        choices(made_film(folder / "made"), ["night=2"], open_store(str(folder / "store")))


def test_a_pick_holds_in_every_film_of_a_batch_that_has_the_take(tmp_path: Path) -> None:
    board = ROWS.replace("prompt: a yellow star", "takes: 3, prompt: a yellow star").replace(
        'prompt: "{{ product }}"', 'takes: 2, prompt: "{{ product }}"'
    )
    asking = batch(tmp_path, "boat", "kite", storyboard=board)
    first = prepared_rows(asking)
    boat = first.plan.films[0].plan
    new = [
        Pick(shot=shot, take=number, fingerprint=takes_of(boat, shot)[number], film="boat", when=NOW.isoformat())
        for shot, number in (("all.opening", 3), ("all.own", 2))
    ]
    change_picks(first.store, boat.storyboard.identity, lambda kept: [*kept, *new])
    second = prepared_rows(asking)
    found = {question.shot: question.seed for question in second.sheet.questions}
    assert second.sheet.of("boat:all.opening").films == ("boat", "kite")
    assert found["boat:all.opening"] == 5
    assert (found["boat:all.own"], found["kite:all.own"]) == (4, 3)
    decide_rows(second, "take boat:own")
    third = prepared_rows(asking)
    assert third.sheet.of("boat:all.own").seed == 5, "the next after the one that was picked"
    assert "kite:all.own" in third.open


@pytest.mark.parametrize(
    ("when", "found", "holds", "takes"),
    [
        ("", {}, True, {}),
        ("2026-11-30T09:11:00+00:00", {(("", NIGHT)): Chosen(2, "2026-11-30T09:11:00+00:00")}, True, {}),
        ("2026-11-30T09:13:00+00:00", {("", NIGHT): Chosen(2, "2026-11-30T09:13:00+00:00")}, False, {("", NIGHT): 2}),
        ("2026-11-30T09:13:00+00:00", {}, True, {}),
        ("2026-11-30T09:13:00+00:00", {("", NIGHT): Chosen(1, "2026-11-30T09:10:00+00:00")}, True, {}),
        ("2026-11-30T10:13:00+01:00", {("", NIGHT): Chosen(2, "2026-11-30T10:13:00+01:00")}, False, {("", NIGHT): 2}),
        ("some day", {}, True, {}),
    ],
)
def test_of_a_seed_and_a_pick_the_later_holds_if_it_counts(
    when: str, found: Mapping[Of, Chosen], holds: bool, takes: Mapping[Of, int]
) -> None:
    change = Change(NIGHT, "seed", "4", replace(entry(1), when=NOW))
    prompt = Change(NIGHT, "prompt", "a moon", entry(1))
    made, held, left = agree([prompt, change], {("", NIGHT): when}, lambda held: len(held), lambda _: found)
    assert held == ((prompt, change) if holds else (prompt,))
    assert (made, left) == (len(held), takes)

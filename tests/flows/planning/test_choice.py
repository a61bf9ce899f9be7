"""Takes chosen by eye: alone in the plan, handed on, and named as out of date when the shot has others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flows.planning import Plan, Run, ledger_row
from flows.resolve.picks import Pick
from flows.storyboard.model import Continuity
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot


def pick(plan: Plan, take: int, shot: str = "river.a", **values: Any) -> Pick:
    """Of a take as it is in the plan."""
    made = next(each for each in plan.shots if each.id == shot).all_takes[take - 1]
    known = {"shot": shot, "take": take, "fingerprint": made.fingerprint, "film": "x", "who": "ann"}
    return Pick(**{**known, "when": "2026-12-01T10:00:00+00:00", **values})


def test_without_a_choice_all_takes_are_rendered_and_the_score_decides(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    made = plan(film(shot("a", takes=3)))
    (one,) = made.shots
    assert [take.number for take in one.takes] == [1, 2, 3]
    assert (one.others, one.choice.by, one.choice.said("ann")) == ((), "score", "")


def test_a_take_of_the_storyboard_is_rendered_alone_and_handed_on(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    def made(take: int | None) -> Plan:
        return plan(film(shot("a", takes=3, take=take), shot("b", continuity=Continuity("river.a"))))

    free, chosen = made(None), made(2)
    first, second = chosen.shots
    assert [take.number for take in first.takes] == [2]
    assert first.takes[0].fingerprint == free.shots[0].takes[1].fingerprint, "the same take as before"
    assert [take.number for take in first.others] == [1, 3]
    assert (chosen.totals.takes, free.totals.takes) == (2, 4)
    run = Run(when=datetime.now(UTC))
    assert ledger_row(chosen, first, (0, 0), run, "rendered").take == 2, "the ledger has its number"
    hand_off = second.takes[0].clips[0].spec.hand_off
    assert hand_off is not None
    assert hand_off.candidates == (first.takes[0].fingerprint,)
    assert second.takes[0].fingerprint != free.shots[1].takes[0].fingerprint
    assert {clip.fingerprint for take in first.others for clip in take.clips}.isdisjoint(
        clip.fingerprint for clip in chosen.clips
    )


def test_a_draft_of_one_take_is_of_the_chosen_one(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", takes=3, take=3), seed=7), render={"takes": 1})
    assert [(take.number, take.seed) for take in made.shots[0].takes] == [(3, 9)]


def test_a_pick_holds_while_the_shot_has_that_take(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    picked = pick(plan(film(shot("a", takes=3), seed=7)), 2)
    for takes in (3, 5):
        made = plan(film(shot("a", takes=takes), seed=7), picks=(picked,))
        assert [take.number for take in made.shots[0].takes] == [2]
        assert made.shots[0].choice.said() == "chosen by ann"
        assert made.shots[0].choice.said("ann") == "chosen by you"
        assert made.warnings == ()
    moved = plan(film(shot("a", takes=3), seed=8), picks=(picked,))
    assert [take.number for take in moved.shots[0].takes] == [1], "the same take, by another number"


def test_a_pick_of_takes_that_changed_is_named_and_not_used(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    picked = pick(plan(film(shot("a", takes=3))), 2)
    changed = plan(film(shot("a", takes=3, prompt="a blue box rises")), picks=(picked,))
    assert len(changed.shots[0].takes) == 3
    (warning,) = changed.warnings
    assert "take 2 of river.a" in warning
    assert "by ann" in warning
    assert "out of date" in warning
    elsewhere = plan(film(shot("a", takes=3, prompt="a blue box rises")), picks=(pick(changed, 1, film="other"),))
    assert [take.number for take in elsewhere.shots[0].takes] == [1], "made looking at another film of the storyboard"
    other = plan(film(shot("a", takes=3)), picks=(pick(changed, 1, film="other"),))
    assert other.warnings == (), "another film's pick is not this one's to mend"
    assert plan(film(shot("a", takes=3)), picks=(pick(changed, 1),), render={"takes": 1}).warnings == (), "of a draft"


def test_the_newest_pick_counts_and_the_storyboard_over_any(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    free = plan(film(shot("a", takes=3)))
    picks = (pick(free, 2), pick(free, 3))
    assert [take.number for take in plan(film(shot("a", takes=3)), picks=picks).shots[0].takes] == [3]
    said = plan(film(shot("a", takes=3, take=1)), picks=picks)
    assert [take.number for take in said.shots[0].takes] == [1]
    assert said.shots[0].choice.said("ann") == "chosen by you (take: in the storyboard)"


def test_what_the_store_has_of_takes_that_are_passed_over_is_known(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    free = plan(film(shot("a", takes=3)))
    there = [clip.fingerprint for clip in free.shots[0].takes[0].clips]
    made = plan(film(shot("a", takes=3, take=2)), finished=there)
    assert [(take.number, take.status) for take in made.shots[0].others] == [(1, "cached"), (3, "new")]
    assert made.totals.cached == 0

"""Mistakes between shots."""

from __future__ import annotations

from tests.flows.storyboard.conftest import Desk
from tests.flows.storyboard.test_shots import film


def test_a_cycle_is_named_once_with_all_its_shots(desk: Desk) -> None:
    shots = "".join(f"- {{id: {a}, prompt: x, continuity: {b}}}\n" for a, b in ("ab", "bc", "ca", "da"))
    problem = desk.the_problem(film(shots))
    assert problem.message == "these shots wait for each other: river.a → river.b → river.c → river.a"
    assert problem.place
    assert (problem.place.line, problem.place.column, problem.shot) == (6, 40, "river.a")


def test_two_cycles_are_two_problems(desk: Desk) -> None:
    shots = "".join(f"- {{id: {a}, prompt: x, continuity: {b}}}\n" for a, b in ("ab", "ba", "cd", "dc"))
    assert len(desk.check(film(shots))) == 2


def test_a_chain_of_thousands_is_no_cycle(desk: Desk) -> None:
    shots = "- {prompt: x}\n" + "- {prompt: x, continuity: previous}\n" * 3000
    assert desk.check(film(shots)) == []


def test_a_transition_longer_than_its_shots_is_refused(desk: Desk) -> None:
    into = film(
        "- {prompt: a, duration: 4s}\n- {prompt: b, duration: 1s, transition: {kind: fade_black, duration: 2s}}\n"
    )
    problem = desk.the_problem(into)
    assert problem.message == "the transition of 2 s is longer than this shot: 1 s"
    assert problem.shot == "river.shot-2"
    out_of = film(
        "- {prompt: a, duration: 1s}\n- {prompt: b, duration: 4s, transition: {kind: fade_black, duration: 2s}}\n"
    )
    assert "is longer than the shot before (river.shot-1): 1 s" in desk.the_problem(out_of).message


def test_transitions_at_both_ends_must_fit_together(desk: Desk) -> None:
    fade = "transition: {kind: fade_black, duration: 0.75s}"
    shots = (
        "- {{prompt: a, duration: 4s}}\n- {{prompt: b, duration: {}, {fade}}}\n- {{prompt: c, duration: 4s, {fade}}}\n"
    )
    assert desk.check(film(shots.format("1.5s", fade=fade))) == []
    message = desk.the_problem(film(shots.format("1s", fade=fade))).message
    assert (
        message == "the transition of 0.75 s with the 0.75 s into it is longer than the shot before (river.shot-2): 1 s"
    )

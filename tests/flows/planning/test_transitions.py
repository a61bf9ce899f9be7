"""Transitions overlap their shots; one that is longer than they are is an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flows.errors import Problem
from flows.storyboard.model import Transition
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot

Problems = Callable[..., list[Problem]]


def dissolve(seconds: float) -> Transition:
    return Transition("dissolve", seconds)


def test_a_cut_overlaps_nothing(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    assert plan(film(shot("a"), shot("b", transition=Transition("cut", 1.0)))).totals.frames == 64


@pytest.mark.parametrize(("seconds", "possible"), [(1.9, True), (2.0, False), (5.0, False)])
def test_a_transition_leaves_something_of_each_shot(
    seconds: float, possible: bool, shot: MakeShot, film: MakeFilm, plan: MakePlan, problems: Problems
) -> None:
    storyboard = film(shot("a"), shot("b", transition=dissolve(seconds)))
    if possible:
        assert plan(storyboard).totals.film_seconds == pytest.approx(4 - seconds, abs=1 / 32)
    else:
        (problem,) = problems(storyboard)
        assert "is longer than its shots allow: river.a has 2.00s left, river.b lasts 2.00s" in problem.message
        assert problem.place is not None
        assert problem.place.line == 2
        assert problem.fix == "at most 1.93s, or make the shots longer"


def test_where_no_transition_fits_a_cut_is_advised(shot: MakeShot, film: MakeFilm, problems: Problems) -> None:
    short = shot("a", duration=1 / 16), shot("b", transition=dissolve(0.5))
    (problem,) = problems(film(*short))
    assert problem.fix == "use `transition: cut`, or make the shots longer"


def test_two_transitions_may_not_meet_inside_a_shot(shot: MakeShot, film: MakeFilm, problems: Problems) -> None:
    storyboard = film(shot("a"), shot("b", transition=dissolve(1.25)), shot("c", transition=dissolve(1.0)))
    (problem,) = problems(storyboard)
    assert problem.shot == "river.c"
    assert "river.b has 0.75s left" in problem.message

"""The forest of shots: order, cycles, longest way, greatest width."""

from __future__ import annotations

from collections.abc import Callable

from flows.errors import Problem
from flows.planning.order import chained, critical_path, greatest_width, upstream_first, upstream_of
from flows.storyboard.model import Continuity
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot

TREE = {"leaf": "stem", "stem": "root", "root": None, "twig": "stem", "alone": None}


def test_every_shot_comes_after_the_one_it_goes_on_from() -> None:
    assert upstream_first(TREE) == ["root", "stem", "leaf", "twig", "alone"]


def test_the_critical_path_skips_what_is_rendered() -> None:
    order = upstream_first(TREE)
    assert critical_path(order, TREE, {"root": 1, "stem": 0, "leaf": 2, "twig": 1, "alone": 2.5}) == ("root", "leaf")
    assert critical_path(order, TREE, dict.fromkeys(TREE, 0.0)) == ()
    assert critical_path([], {}, {}) == ()


def test_the_width_is_that_of_the_widest_cut() -> None:
    order = upstream_first(TREE)
    assert greatest_width(order, TREE, dict.fromkeys(TREE, 1)) == 3  # leaf, twig, alone
    assert greatest_width(order, TREE, {**dict.fromkeys(TREE, 1), "stem": 5}) == 6
    assert greatest_width(order, TREE, dict.fromkeys(TREE, 0)) == 0


def test_a_chain_of_ten_thousand_needs_no_recursion() -> None:
    chain: dict[str, str | None] = {str(n): str(n + 1) for n in range(10_000)}
    chain["10000"] = None
    assert upstream_first(chain)[0] == "10000"


def test_cycles_and_unknown_references_are_reported_once(
    shot: MakeShot, film: MakeFilm, problems: Callable[..., list[Problem]]
) -> None:
    found = problems(
        film(
            shot("a", continuity=Continuity("river.b")),
            shot("b", continuity=Continuity("river.c")),
            shot("c", continuity=Continuity("river.b")),
            shot("d", continuity=Continuity("river.nowhere")),
            shot("e", continuity=Continuity("river.e")),
        )
    )
    assert sorted((problem.message, problem.shot) for problem in found) == [
        ("goes on from itself: river.b ← river.c ← river.b", "river.a"),
        ("goes on from itself: river.e ← river.e", "river.e"),
        ("there is no shot river.nowhere", "river.d"),
    ]


def test_without_cycles_there_is_nothing_to_report(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    assert plan(film(shot("a"), shot("b", continuity=Continuity("river.a")))).shots[1].depends_on == ("river.a",)


def test_a_circle_of_keyframes_would_be_a_chain_without_them(shot: MakeShot) -> None:
    shots = [shot(name, continuity=Continuity(f"river.{before}", "keyframes")) for name, before in ("ac", "ba", "cb")]
    upstream = upstream_of(shots, [])
    assert set(upstream.values()) == {None}
    assert chained(shots, upstream) == {"river.a": "river.c", "river.b": "river.a", "river.c": None}


def test_the_longest_way_begins_with_what_a_shot_waits_for_first() -> None:
    upstream: dict[str, str | None] = {"a": None, "b": "a", "c": None}
    seconds = {"a": 2.0, "b": 2.0, "c": 3.0}
    assert critical_path(["a", "b", "c"], upstream, seconds) == ("a", "b")
    assert critical_path(["a", "b", "c"], upstream, seconds, {"c": 2.0}) == ("c",)
    assert critical_path(["a", "b", "c"], upstream, seconds, {"b": 5.0}) == ("b",)

"""Ids of all shots, and references to them."""

from __future__ import annotations

from flows.storyboard.model import Continuity
from flows.storyboard.names import Index, index
from flows.storyboard.nodes import Items, Text
from flows.storyboard.problems import Problems
from tests.flows.storyboard.conftest import Desk
from tests.flows.storyboard.reading import node
from tests.flows.storyboard.test_shots import film

FILM = "[{id: river, shots: [{id: a}, {}]}, {shots: [{id: a}, {id: 7}]}]"


def indexed(text: str = FILM) -> tuple[Index, Problems]:
    problems = Problems()
    scenes = node(text)
    assert isinstance(scenes, Items)
    return index(scenes.values, problems), problems


def named(text: str) -> Text:
    found = node(text)
    assert isinstance(found, Text)
    return found


def test_what_has_no_id_or_a_wrong_one_is_numbered() -> None:
    found, problems = indexed()
    assert found.scenes == ["river", "scene-2"]
    assert found.shots == [["river.a", "river.shot-2"], ["scene-2.a", "scene-2.shot-2"]]
    assert len(problems) == 0, "that 7 is no id is said when the shot is read"


def test_two_of_a_name_are_named_with_the_first() -> None:
    _, problems = indexed("[{id: a, shots: [{id: b}, {id: b}]}, {id: a}]")
    assert [(problem.message, problem.shot) for problem in problems.sorted()] == [
        ("two shots have the id 'b'", "a.b"),
        ("two scenes have the id 'a'", None),
    ]
    assert problems.sorted()[0].fix == "the first one is on line 1: rename one of them"


def test_a_bare_id_is_enough_only_when_it_is_unique() -> None:
    found, problems = indexed()
    assert found.look_up(named("shot-2"), problems) is None
    (problem,) = problems.sorted()
    assert (problem.message, problem.fix) == (
        "more than one shot is called 'shot-2'",
        "say which: river.shot-2, scene-2.shot-2",
    )
    found, problems = indexed("[{id: river, shots: [{id: a}, {id: later}]}]")
    assert (found.look_up(named("later"), problems), found.look_up(named("river.a"), problems)) == (
        "river.later",
        "river.a",
    )


def test_a_wrong_name_is_answered_with_the_nearest_of_its_form() -> None:
    found, _ = indexed("[{id: river, shots: [{id: launch}, {id: drift}]}]")
    fixes = {"lunch": "did you mean launch?", "river.drft": "did you mean river.drift?", "qqq": "shots: launch"}
    for wrong, fix in fixes.items():
        problems = Problems()
        assert found.look_up(named(wrong), problems, never="river.drift" if wrong == "qqq" else None) is None
        assert problems.sorted()[0].fix == fix
    problems = Problems()
    found.look_up(named("previos"), problems, words=("previous",))
    assert problems.sorted()[0].fix == "did you mean previous?"


def test_continuity_names_a_shot_by_what_is_enough(desk: Desk) -> None:
    text = film("- {id: a, prompt: a}\n") + "  - {id: sea, shots: [{id: a, prompt: b}, {prompt: c, continuity: a}]}\n"
    problem = desk.the_problem(text)
    assert (problem.message, problem.fix) == ("more than one shot is called 'a'", "say which: river.a, sea.a")
    assert desk.load(text.replace("continuity: a", "continuity: river.a")).shots[2].continuity == Continuity("river.a")


def test_a_way_to_go_on_is_no_name_of_a_shot_unless_one_is_called_so(desk: Desk) -> None:
    problem = desk.the_problem(film("- {prompt: a}\n- {prompt: b, continuity: keyframes}\n"))
    assert problem.message == "there is no shot 'keyframes': it is a way to go on from one"
    assert problem.fix == "write continuity: {by: keyframes}"
    _, shot = desk.load(film("- {id: overlap, prompt: a}\n- {prompt: b, continuity: overlap}\n")).shots
    assert shot.continuity == Continuity("river.overlap")


def test_a_reference_may_point_forward(desk: Desk) -> None:
    first, _ = desk.load(film("- {prompt: a, continuity: later}\n- {id: later, prompt: b}\n")).shots
    assert first.continuity == Continuity("river.later")

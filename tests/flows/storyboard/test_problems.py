"""Every mistake is collected before anything is said."""

from __future__ import annotations

import pytest

from flows.errors import Place, Problem, StoryboardError
from flows.storyboard.nodes import Source, Text
from flows.storyboard.problems import MOST, Problems, listed, printable, shown

SOURCE = Source("film.yaml", "one\n\ttwo\x07 three")


def at(line: int, column: int = 1, source: Source = SOURCE) -> Text:
    return Text(source, line, column, "x", True)


def test_problems_come_in_the_order_of_the_file_each_once() -> None:
    problems = Problems()
    problems.shot = "river.a"
    for line in (2, 1, 2):
        problems.add(at(line), f"line {line}", "mend it")
    found = problems.sorted()
    assert [(problem.message, problem.shot, problem.source) for problem in found] == [
        ("line 1", "river.a", "one"),
        ("line 2", "river.a", " two  three"),
    ]
    assert problems.shots == {"river.a"}


def test_files_come_in_the_order_they_were_read_and_what_has_no_place_first() -> None:
    problems = Problems()
    other = Source("look.yaml", "a")
    problems.knows(SOURCE)
    problems.knows(other)
    problems.add(at(1, source=other), "in the look")
    problems.add(at(2), "in the film")
    problems.add(None, "nowhere")
    assert [problem.message for problem in problems.sorted()] == ["nowhere", "in the film", "in the look"]


def test_mistakes_found_elsewhere_get_their_line() -> None:
    problems = Problems()
    problems.knows(SOURCE)
    problems.extend([Problem(Place("film.yaml", 1, 2), "found later"), Problem(Place("gone.yaml", 1, 1), "no line")])
    assert [problem.source for problem in problems.sorted()] == [None, "one"]


def test_whoever_has_too_many_hears_how_many_are_left() -> None:
    problems = Problems()
    for number in range(MOST + 7):
        problems.add(at(1), str(number))
    assert len(problems) == MOST
    assert problems.sorted()[-1].message == "7 more mistakes are not listed"


def test_many_wrong_words_are_not_compared_for_ever() -> None:
    problems = Problems()
    names = ["boat", *(f"x{number}" for number in range(99_998))]
    assert problems.did_you_mean("baot", names, "otherwise") == "did you mean boat?"
    assert problems.did_you_mean("baot", names, "otherwise") == "did you mean boat?"
    assert problems.did_you_mean("baot", names, "otherwise") == "otherwise"


def test_all_of_them_are_raised_or_nothing() -> None:
    problems = Problems()
    problems.stop_if_any()
    problems.add(at(1), "a")
    problems.add(at(2), "b")
    with pytest.raises(StoryboardError) as caught:
        problems.stop_if_any()
    assert len(caught.value.problems) == 2


def test_a_terminal_is_given_nothing_to_obey() -> None:
    assert printable("a\x1b[2Jb") == "a?[2Jb"
    assert shown(SOURCE, Place("film.yaml", 2, 1)) == " two  three"
    assert shown(SOURCE, Place("film.yaml", 9, 1)) is None


def test_long_lists_are_cut() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(20)], 3) == "0, 1, 2, …"

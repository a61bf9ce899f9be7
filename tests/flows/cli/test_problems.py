"""From an error to its code, its exit code, and the problems that programs read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.cli.forms.envelope import ProblemForm
from flows.cli.outcome import error_text
from flows.cli.problems import CODES, MEANINGS, exit_code, of_problem, parsed, problems_of
from flows.errors import FlowsError, Lacking, Place, Problem, RenderError, SettingsError, StoryboardError
from tests.flows.cli.conforming import faults
from wan.errors import WanError


@pytest.mark.parametrize("root", [FlowsError, WanError])
def test_every_error_has_a_code_of_its_own_and_every_code_a_meaning(root: type[BaseException]) -> None:
    def below(kind: type[BaseException]) -> set[type[BaseException]]:
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    ours = {kind for kind in below(root) if kind.__module__ in ("flows.errors", "wan.errors")}
    assert ours <= CODES.keys()
    assert set(CODES.values()) <= MEANINGS.keys()


PROBLEM = Problem(Place("film.yaml", 3, 5), "unknown key 'promt'", "did you mean prompt?", "river.launch")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (StoryboardError([PROBLEM]), ("storyboard", "unknown key 'promt'", "did you mean prompt?", "film.yaml", 3)),
        (SettingsError("conf/a.yaml:2:3: no film.crff"), ("settings", "no film.crff", None, "conf/a.yaml", 2)),
        (Lacking(["no checkpoint\n    fetch it"]), ("missing", "no checkpoint", "fetch it", None, None)),
        (RenderError("1 take", [Problem(None, "a", None, "b.c")]), ("render", "a", None, None, None)),
        (RenderError("stopped early"), ("render", "stopped early", None, None, None)),
        (KeyboardInterrupt(), ("stopped", "stopped; finished takes are kept", None, None, None)),
    ],
)
def test_an_error_as_problems(error: BaseException, expected: tuple[object, ...]) -> None:
    (problem,) = problems_of(error)
    assert list(faults(problem, ProblemForm)) == []
    keys = ("code", "message", "fix", "file", "line")
    told = tuple(problem[key] for key in keys)  # type: ignore[literal-required]
    assert (told[0], str(told[1])[: len(str(expected[1]))], *told[2:]) == expected
    assert exit_code(error) == MEANINGS[problem["code"]][0]


@pytest.mark.parametrize(
    "error",
    [
        StoryboardError([PROBLEM, replace(PROBLEM, message="prompt is empty")]),
        Lacking(["no checkpoint", "no GPU"]),
        RenderError("2 takes", [Problem(None, "fell", None, "a.b"), Problem(None, "take 2: fell", None, "a.b")]),
        SettingsError("conf/a.yaml:2:3: no film.crff"),
    ],
)
def test_people_are_told_of_the_same_mistakes_as_programs(error: FlowsError) -> None:
    lines = iter(error_text(error).splitlines())
    for problem in problems_of(error):
        assert any(problem["message"] in line for line in lines), problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("it is gone", Problem(None, "it is gone")),
        (
            "a.yaml:3:5: no title\n    add one:\n    title: x",
            Problem(Place("a.yaml", 3, 5), "no title", "add one: title: x"),
        ),
        ("http://host:80/x: silent", Problem(None, "http://host:80/x: silent")),
    ],
)
def test_a_message_is_taken_apart_as_it_is_put_together(text: str, problem: Problem) -> None:
    assert parsed(text) == problem


def test_a_problem_is_told_whole() -> None:
    form = of_problem(PROBLEM, "storyboard")
    assert list(faults(form, ProblemForm)) == []
    assert form == {
        "severity": "error",
        "code": "storyboard",
        "message": "unknown key 'promt'",
        "fix": "did you mean prompt?",
        "file": "film.yaml",
        "line": 3,
        "column": 5,
        "shot": "river.launch",
    }


def test_every_exit_code_is_one_of_four() -> None:
    assert {code for code, _ in MEANINGS.values()} == {1, 2, 130}
    assert exit_code(SystemExit(0)) == 0
    assert exit_code(ZeroDivisionError()) == 1

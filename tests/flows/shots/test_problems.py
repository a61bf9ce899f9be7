"""What a shot brings and no variant can use is an error with a place and a fix, never ignored."""

from __future__ import annotations

from typing import Any

import pytest

from flows.errors import Problem
from flows.shots.choice import ANY_FAMILY
from flows.shots.problems import input_problems, unusable_inputs
from flows.storyboard.model import Continuity, Control, Motion, VideoToVideo
from tests.flows.shots.conftest import FILE, KEYS, film, shot
from wan.families import FAMILIES

SMALL = FAMILIES["wan22-5b"]


def the_problem(family: Any = ANY_FAMILY, **values: Any) -> Problem:
    (found,) = input_problems(shot(**values), family)
    assert found.shot == "s.a"
    return found


def line(key: str) -> int:
    return KEYS.index(key) + 2


@pytest.mark.parametrize(
    ("values", "keys", "remove", "at"),
    [
        ({"image": FILE, "video": VideoToVideo(FILE, 0.5)}, "image and video", "image or video", "video"),
        (
            {"motion": Motion(FILE), "image": FILE, "end_image": FILE},
            "image and end_image and motion",
            "end_image or motion",
            "motion",
        ),
        ({"control": Control(FILE), "end_image": FILE}, "end_image and control", "end_image or control", "control"),
        (
            {"control": Control(FILE), "audio": FILE, "image": FILE},
            "image and audio and control",
            "audio or control",
            "control",
        ),
    ],
)
def test_inputs_of_several_variants_are_said_where_one_would_have_to_go(
    values: dict[str, Any], keys: str, remove: str, at: str
) -> None:
    found = the_problem(**values)
    assert found.message == f"no variant can use {keys} in one shot"
    assert found.fix == f"remove {remove}, or make several shots of it"
    assert found.place is not None
    assert found.place.line == line(at)


@pytest.mark.parametrize("by", ["overlap", "reference"])
def test_a_family_without_vace_cannot_go_on_by_what_it_does(by: Any) -> None:
    for family in (SMALL, FAMILIES["wan22-lightning"]):
        found = the_problem(family, continuity=Continuity("s.b", by))
        assert found.message.startswith(f"the {family.name} family has no checkpoint for vace-fun-a14b; it has ")
        assert found.fix == "use model=tiny or model=wan22, or `by: last_frame`"
        assert found.place is not None
        assert found.place.line == line("continuity")


@pytest.mark.parametrize("by", ["overlap", "reference"])
def test_who_speaks_cannot_go_on_by_what_vace_does(by: Any) -> None:
    found = the_problem(continuity=Continuity("s.b", by), audio=FILE, image=FILE)
    assert found.message.startswith("no variant can use ")
    assert f"continuity by {by} and audio" in found.message
    assert found.fix == "remove continuity or audio, or make several shots of it"


def test_where_nothing_alone_is_too_much_the_shot_is_to_be_several() -> None:
    found = the_problem(audio=FILE, control=Control(FILE), video=VideoToVideo(FILE, 0.5), end_image=FILE)
    assert found.fix == "make several shots of it"
    assert found.place == shot().place


def test_an_unknown_variant_is_answered_with_the_nearest() -> None:
    found = the_problem(variant="t2v-14b")
    assert found.message == "unknown variant 't2v-14b'"
    assert found.fix == "did you mean 't2v-a14b'?"


@pytest.mark.parametrize(
    ("values", "at"),
    [({"variant": "vace-fun-a14b", "control": Control(FILE)}, "variant"), ({"control": Control(FILE)}, "control")],
)
def test_what_the_family_has_no_weights_for_is_said_where_it_is_asked_for(values: dict[str, Any], at: str) -> None:
    found = the_problem(SMALL, **values)
    assert found.message == "the wan22-5b family has no checkpoint for vace-fun-a14b; it has ti2v-5b"
    assert found.fix == "use model=tiny or model=wan22"
    assert found.place is not None
    assert found.place.line == line(at)


def test_all_shots_are_told_at_once_but_those_that_are_known_to_be_wrong() -> None:
    board = film(shot("a", audio=FILE), shot("b"), shot("c", end_image=FILE), shot("d", motion=Motion(FILE)))
    assert [problem.shot for problem in unusable_inputs(board)] == ["s.a", "s.c", "s.d"]
    assert [problem.shot for problem in unusable_inputs(board, but={"s.a"})] == ["s.c", "s.d"]
    assert [problem.message for problem in unusable_inputs(film(shot("c", end_image=FILE)), SMALL)] == [
        "ti2v-5b cannot use `end_image`"
    ]

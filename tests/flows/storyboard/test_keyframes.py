"""Shots joined by keyframes: each knows where it meets the other, and a picture given to one of them is both's."""

from __future__ import annotations

import pytest

from flows.shots.problems import unusable_inputs
from flows.storyboard import read_storyboard
from flows.storyboard.keyframes import without_lost
from flows.storyboard.model import Scene
from tests.flows.storyboard.conftest import FILM, Desk

KEYED = "continuity: {by: keyframes}"


def film(first: str = "", second: str = "", third: str = "") -> str:
    shots = (
        ("launch", first, "prompt: one"),
        ("drift", second, f"prompt: two, {KEYED}"),
        ("night", third, "prompt: three"),
    )
    return FILM + "".join(f"      - {{id: {id}, {words}{more}}}\n" for id, more, words in shots)


def test_a_shot_leads_to_the_one_that_goes_on_from_it_by_keyframes(desk: Desk) -> None:
    launch, drift, night = desk.load(film()).shots
    assert (launch.leads_to, drift.leads_to, night.leads_to) == ("river.drift", None, None)
    assert launch.where("leads_to") == drift.where("continuity.by")
    assert (launch.end_image, drift.image) == (None, None)


def test_shots_that_inherit_it_are_a_chain_of_joins(desk: Desk) -> None:
    text = "storyboard: 1\ntitle: x\nshot_defaults: {continuity: {by: keyframes}}\nscenes:\n"
    text += "  - {id: a, shots: [{id: x, prompt: a}, {id: y, prompt: b}]}\n  - {id: b, shots: [{id: z, prompt: c}]}\n"
    assert [shot.leads_to for shot in desk.load(text).shots] == ["a.y", None, None]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (", end_image: assets/end.png", ""),
        ("", ", image: assets/end.png"),
        (", end_image: assets/end.png", ", image: assets/end.png"),
    ],
)
def test_a_picture_that_one_of_them_is_given_is_where_both_meet(desk: Desk, first: str, second: str) -> None:
    launch, drift, _ = desk.load(film(first, second)).shots
    assert launch.end_image == drift.image
    assert drift.image is not None
    assert drift.image.name == "end.png"
    assert {launch.where("end_image").line, drift.where("image").line} <= {launch.place.line, drift.place.line}


def test_a_join_has_one_picture(desk: Desk) -> None:
    problem = desk.the_problem(film(", end_image: assets/end.png", ", image: assets/boat.png"))
    assert problem.message == (
        "a join has one keyframe, and this one is given two pictures: boat.png here, and end.png as `end_image` of "
        "river.launch"
    )
    assert problem.place is not None
    assert (problem.shot, problem.place.line, problem.fix) == ("river.drift", 7, "give one of them")


def test_a_join_with_two_pictures_is_a_join_all_the_same(desk: Desk) -> None:
    """Else it would be said, too, that the earlier shot has a picture to end on, and none to begin with."""
    storyboard, _ = read_storyboard(desk.write(film(", end_image: assets/end.png", ", image: assets/boat.png")))
    assert storyboard is not None
    assert storyboard.shots[0].leads_to == "river.drift"
    assert unusable_inputs(storyboard) == []


def test_a_shot_ends_on_one_picture(desk: Desk) -> None:
    problem = desk.the_problem(film(third=", continuity: {from: launch, by: keyframes}"))
    assert problem.message == "river.launch ends on the keyframe of river.drift already: a shot ends on one picture"
    assert problem.place is not None
    assert (problem.shot, problem.place.line) == ("river.night", 8)


def test_shots_may_meet_in_a_circle_since_neither_waits(desk: Desk) -> None:
    shots = desk.load(film(", continuity: {from: drift, by: keyframes}")).shots
    assert [shot.leads_to for shot in shots[:2]] == ["river.drift", "river.launch"]
    mixed = film(", continuity: {from: drift}", third=", continuity: {from: drift}")
    assert desk.check(mixed) == []


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [("", "", None), ("", ", image: assets/end.png", None), (", end_image: assets/end.png", "", "end.png")],
)
def test_without_the_later_shot_the_earlier_ends_as_it_likes(
    desk: Desk, first: str, second: str, kept: str | None
) -> None:
    launch, drift, night = desk.load(film(first, second)).shots
    ((freed, other),) = (
        scene.shots for scene in without_lost([Scene("river", (launch, night))], {drift.full_id: drift})
    )
    assert (freed.leads_to, freed.end_image and freed.end_image.name) == (None, kept)
    assert other == night

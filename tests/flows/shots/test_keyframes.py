"""Which pictures are rendered for shots to begin with, and which models cannot be held to any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.shots.choice import choose_variant
from flows.shots.keyframes import begins_with_still, keyframe_faults, keyframes_of, still_of
from flows.shots.lengths import film_frames, hidden_at_end, hidden_frames
from flows.shots.problems import input_problems
from flows.shots.used import used_variants
from flows.storyboard.model import Continuity, Control, Lora, Shot
from tests.flows.shots.conftest import FILE, film, shot
from wan.families import FAMILIES

TINY, WAN22, FIVE = FAMILIES["tiny"], FAMILIES["wan22"], FAMILIES["wan22-5b"]
KEYED = Continuity("s.a", "keyframes")
FIRST, LAST = shot("a", leads_to="s.b"), shot("b", continuity=KEYED)


@pytest.mark.parametrize(
    ("values", "begins"),
    [
        ({}, False),
        ({"leads_to": "s.b"}, True),
        ({"continuity": KEYED}, True),
        ({"continuity": KEYED, "image": FILE}, False),
        ({"leads_to": "s.b", "image": FILE}, False),
        ({"leads_to": "s.b", "continuity": Continuity("s.z")}, False),
    ],
)
def test_a_still_is_rendered_for_a_shot_that_has_nothing_else_to_begin_with(values: Any, begins: bool) -> None:
    assert begins_with_still(shot(**values)) is begins


def test_a_keyframe_is_one_frame_of_the_shots_words_by_the_model_for_text() -> None:
    lora = Lora("fur")
    told = replace(LAST, loras=(lora,), duration=5.0, takes=3, take=2, seed=4, caption="x")
    (still,) = keyframes_of(film(told), WAN22, 24.0).values()
    assert (still.full_id, still.prompt, still.seed) == ("s.b keyframe", told.prompt, 4)
    assert (still.takes, still.take, still.loras, still.continuity, still.caption) == (1, None, (), None, None)
    assert choose_variant(still, WAN22) == "t2v-a14b"
    assert film_frames(still, _part(still), 24.0, {}) == 1


def test_where_one_model_draws_both_its_loras_are_laid_on_the_still() -> None:
    told = replace(shot("b", image=FILE), loras=(Lora("fur"),))
    assert still_of(told, 24.0, FIVE).loras == (Lora("fur"),)
    assert still_of(told, 24.0, WAN22).loras == ()


def test_both_ends_are_drawn_by_the_model_that_takes_an_end_picture() -> None:
    assert {choose_variant(one, WAN22) for one in (FIRST, LAST)} == {"i2v-a14b"}
    assert used_variants(film(FIRST, LAST), WAN22, {}) == ("i2v-a14b", "t2v-a14b")


def test_one_of_both_joined_frames_is_hidden() -> None:
    assert [(hidden_frames(one, _part(one)), hidden_at_end(one)) for one in (FIRST, LAST)] == [(0, 1), (0, 0)]
    assert film_frames(FIRST, _part(FIRST), 16.0, {}) == 80
    assert film_frames(LAST, _part(LAST), 16.0, {}) == 81


@pytest.mark.parametrize("family", [TINY, WAN22, FAMILIES["wan22-lightning"]])
def test_families_with_first_and_last_pictures_can(family: Any) -> None:
    assert [input_problems(one, family) for one in (FIRST, LAST, replace(LAST, image=Path(FILE)))] == [[], [], []]


def test_a_family_whose_model_takes_no_end_picture_cannot() -> None:
    (problem,) = input_problems(FIRST, FIVE)
    assert problem.message == "it cannot end on the keyframe of s.b: ti2v-5b cannot use a picture to end on"
    assert problem.fix == "use `by: last_frame`, or model=tiny or model=wan22 or model=wan22-lightning"
    assert input_problems(LAST, FIVE) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"audio": FILE, "image": FILE, "leads_to": "s.b"}, "it cannot end on the keyframe of s.b: s2v-14b cannot use"),
        ({"control": Control(FILE), "leads_to": "s.b"}, "it cannot end on the keyframe of s.b: vace-fun-a14b cannot"),
        ({"audio": FILE, "continuity": KEYED}, "it cannot begin with a keyframe: s2v-14b cannot use"),
        ({"variant": "t2v-a14b", "continuity": KEYED}, "it cannot begin with a keyframe: t2v-a14b cannot use"),
    ],
)
def test_what_speaks_or_is_driven_is_held_to_no_picture(values: Any, message: str) -> None:
    (problem,) = input_problems(shot(**values), WAN22)
    assert problem.message.startswith(message)
    assert problem.fix


def test_a_shot_that_inherits_it_and_speaks_is_told_how_to_refuse_it() -> None:
    (problem,) = input_problems(shot(audio=FILE, continuity=KEYED), WAN22)
    assert problem.fix == "use `by: last_frame`, or write `continuity: none` in this shot"


def test_a_variant_that_there_is_none_of_is_said_once() -> None:
    assert list(keyframe_faults(shot(variant="i2v-a41b", leads_to="s.b"), WAN22)) == []


def _part(one: Shot) -> Any:
    from flows.shots.choice import part_of

    return part_of(WAN22, choose_variant(one, WAN22))

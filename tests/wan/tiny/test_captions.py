from __future__ import annotations

import random

from wan.tiny import captions
from wan.tiny.world import LIGHTS, MOTIONS, PLACES, SHAPES, Scene

SCENE = Scene("boat", "white", "water", "noon", "left_to_right")


def test_the_same_seed_says_the_same_and_another_seed_another() -> None:
    assert captions.caption(SCENE, random.Random(1)) == captions.caption(SCENE, random.Random(1))
    assert len({captions.caption(SCENE, random.Random(seed)) for seed in range(40)}) > 30


def test_the_plain_caption_is_what_a_storyboard_writes() -> None:
    assert captions.plain_caption(SCENE) == "a white boat moves left to right, over water at noon"


def test_no_two_words_of_the_world_share_a_phrase() -> None:
    tables = (captions.SHAPE_WORDS, captions.COLOUR_WORDS, captions.MOTION_PHRASES, captions.PLACE_PHRASES,
              captions.LIGHT_PHRASES)  # fmt: skip
    for table in tables:
        phrases = [phrase for options in table.values() for phrase in set(options)]
        assert len(phrases) == len(set(phrases))
    assert set(captions.SHAPE_WORDS) == set(SHAPES)
    assert set(captions.MOTION_PHRASES) == set(MOTIONS)
    assert set(captions.PLACE_PHRASES) == set(PLACES)
    assert set(captions.LIGHT_PHRASES) == set(LIGHTS)


def test_a_partial_caption_says_only_what_it_claims_to_say() -> None:
    rng = random.Random(2)
    for _ in range(50):
        text, said = captions.partial_caption(SCENE, rng)
        assert ("white" in text) == (said.colour == "white")
        assert any(phrase in text for phrase in captions.MOTION_PHRASES["left_to_right"]) == bool(said.motion)

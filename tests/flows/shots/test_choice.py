"""Which variant a shot needs of a family."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flows.shots.choice import ANY_FAMILY, Part, choose_variant, following_part, key_of_variant, part_of
from flows.shots.inputs import INPUTS
from flows.storyboard.model import Continuity, Control, Motion, VideoToVideo
from tests.flows.shots.conftest import FILE, shot
from wan.families import FAMILIES, Family, Role
from wan.variants import VARIANTS

TINY = FAMILIES["tiny"]
ONE_MODEL = Family(name="wan22-5b", roles={"ti2v-5b": Role(variant="ti2v-5b", folder="x")})


def part(family: Family, variant: str) -> Part:
    found = part_of(family, variant)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("brings", "variant", "key"),
    [
        ({}, "t2v-a14b", "variant"),
        ({"image": FILE}, "i2v-a14b", "image"),
        ({"end_image": FILE}, "i2v-a14b", "end_image"),
        ({"continuity": Continuity("s.b")}, "i2v-a14b", "continuity"),
        ({"continuity": Continuity("s.b", "overlap", 9)}, "vace-fun-a14b", "continuity"),
        ({"continuity": Continuity("s.b", "reference")}, "vace-fun-a14b", "continuity"),
        ({"continuity": Continuity("s.b", "reference"), "image": FILE}, "vace-fun-a14b", "continuity"),
        ({"continuity": Continuity("s.b", "overlap"), "control": Control(FILE)}, "vace-fun-a14b", "continuity"),
        ({"audio": FILE, "image": FILE}, "s2v-14b", "audio"),
        ({"audio": FILE, "motion": Motion(pose=FILE)}, "s2v-14b", "audio"),
        ({"motion": Motion(FILE), "image": FILE}, "animate-14b", "motion"),
        ({"control": Control(FILE)}, "vace-fun-a14b", "control"),
        ({"control": Control(scale=0.5), "image": FILE}, "vace-fun-a14b", "control"),
        ({"video": VideoToVideo(FILE, 0.5)}, "t2v-a14b", "variant"),
        ({"variant": "ti2v-5b", "image": FILE}, "ti2v-5b", "variant"),
    ],
)
def test_auto_goes_by_what_the_shot_brings(brings: dict[str, Any], variant: str, key: str) -> None:
    assert choose_variant(shot(**brings), TINY) == variant
    assert key_of_variant(shot(**brings)) == key


def test_a_family_of_one_model_serves_text_and_pictures() -> None:
    assert choose_variant(shot(), ONE_MODEL) == choose_variant(shot(image=FILE), ONE_MODEL) == "ti2v-5b"
    assert following_part(part(ONE_MODEL, "ti2v-5b"), ONE_MODEL, shot()) == part(ONE_MODEL, "ti2v-5b")
    assert choose_variant(shot(audio=FILE), ONE_MODEL) == "s2v-14b", "and nothing else"


def test_text_is_followed_by_pictures_where_the_family_can() -> None:
    assert following_part(part(TINY, "t2v-a14b"), TINY, shot()) == part(TINY, "i2v-a14b")
    only_text = replace(TINY, roles={"t2v-a14b": TINY.roles["t2v-a14b"]})
    assert following_part(part(only_text, "t2v-a14b"), only_text, shot()) is None
    changed = shot(video=VideoToVideo(FILE, 0.5))
    assert following_part(part(TINY, "t2v-a14b"), TINY, changed) == part(TINY, "t2v-a14b")


def test_a_part_has_the_familys_rate_and_lengths() -> None:
    assert (part(TINY, "ti2v-5b").fps, part(ANY_FAMILY, "ti2v-5b").fps) == (16, 24)
    speech = part(ANY_FAMILY, "s2v-14b")
    assert (speech.longest, speech.longest_following) == (77, 80)
    assert (speech.rate(24), part(TINY, "t2v-a14b").rate(24)) == (16, 24)
    assert part_of(ONE_MODEL, "t2v-a14b") is part_of(TINY, "t2v-14b") is None


def test_any_family_has_every_variant_that_auto_takes() -> None:
    assert set(VARIANTS) == set(ANY_FAMILY.roles)
    assert {row.auto for row in INPUTS if row.auto} <= set(ANY_FAMILY.roles)

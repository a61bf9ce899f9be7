"""Which checkpoints a film needs."""

from __future__ import annotations

from flows.shots import shot_variants, used_variants
from flows.storyboard.model import Control, Shot
from tests.flows.shots.conftest import FILE, film, shot
from wan.families import FAMILIES, Family, Role

TINY = FAMILIES["tiny"]
ONE_MODEL = Family(name="wan22-5b", roles={"ti2v-5b": Role(variant="ti2v-5b", folder="x")})


def used(*shots: Shot, family: Family = TINY) -> tuple[str, ...]:
    return used_variants(film(*shots), family, {})


def test_used_variants_are_those_whose_checkpoints_are_opened() -> None:
    assert used(shot(duration=2.0)) == ("t2v-a14b",)
    assert used(shot(duration=3.0)) == ("t2v-a14b", "i2v-a14b")
    assert used(shot(image=FILE, duration=3.0)) == ("i2v-a14b",)
    assert used(shot(image=FILE), shot(), shot(image=FILE)) == ("i2v-a14b", "t2v-a14b")


def test_nothing_needs_to_be_downloaded_to_hear_that_it_cannot_be_rendered() -> None:
    steered = shot(control=Control(FILE))
    assert used(steered) == ("vace-fun-a14b",)
    assert used(steered, family=ONE_MODEL) == used(shot(variant="t2v-14b")) == ()


def test_a_long_sound_is_spoken_by_one_variant() -> None:
    talk = shot(image=FILE, audio=FILE)
    assert shot_variants(talk, TINY, 16, {FILE: 60.0}) == ("s2v-14b",)

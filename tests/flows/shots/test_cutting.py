"""Which variant a shot needs of a family, and how it is cut into segments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import Place
from flows.shots import (
    Part,
    choose_variant,
    cut_into_segments,
    film_fps,
    film_frames,
    following_part,
    part_of,
    used_variants,
)
from flows.storyboard.model import Continuity, Control, Motion, Scene, Shot, Storyboard
from wan.families import FAMILIES, Family, Role
from wan.variants import VARIANTS

TINY, FULL = FAMILIES["tiny"], FAMILIES["wan22"]
ONE_MODEL = Family(name="wan22-5b", roles={"ti2v-5b": Role(variant="ti2v-5b", folder="x")})
FILE = Path("/a.png")


def shot(**values: Any) -> Shot:
    return Shot(id="a", scene="s", place=Place("x", 1, 1), places={}, prompt="a red box", **values)


def part(family: Family, variant: str) -> Part:
    found = part_of(family, variant)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("brings", "variant"),
    [
        ({}, "t2v-a14b"),
        ({"image": FILE}, "i2v-a14b"),
        ({"end_image": FILE}, "i2v-a14b"),
        ({"continuity": Continuity("s.b")}, "i2v-a14b"),
        ({"audio": FILE, "image": FILE}, "s2v-14b"),
        ({"motion": Motion(FILE), "image": FILE}, "animate-14b"),
        ({"control": Control(FILE)}, "vace-fun-a14b"),
        ({"variant": "ti2v-5b", "image": FILE}, "ti2v-5b"),
    ],
)
def test_auto_goes_by_what_the_shot_brings(brings: dict[str, Any], variant: str) -> None:
    assert choose_variant(shot(**brings), TINY) == variant


def test_a_family_of_one_model_serves_text_and_pictures() -> None:
    assert choose_variant(shot(), ONE_MODEL) == choose_variant(shot(image=FILE), ONE_MODEL) == "ti2v-5b"
    assert following_part(part(ONE_MODEL, "ti2v-5b"), ONE_MODEL, shot()) == part(ONE_MODEL, "ti2v-5b")


def test_text_is_followed_by_pictures_where_the_family_can() -> None:
    assert following_part(part(TINY, "t2v-a14b"), TINY, shot()) == part(TINY, "i2v-a14b")
    only_text = replace(TINY, roles={"t2v-a14b": TINY.roles["t2v-a14b"]})
    assert following_part(part(only_text, "t2v-a14b"), only_text, shot()) is None


def test_used_variants_are_those_whose_checkpoints_are_opened() -> None:
    def used(*shots: Shot, family: Family = TINY) -> tuple[str, ...]:
        return used_variants(Storyboard(title="x", slug="x", path=FILE, scenes=(Scene("s", shots),)), family, {})

    assert used(shot(duration=2.0)) == ("t2v-a14b",)
    assert used(shot(duration=3.0)) == ("t2v-a14b", "i2v-a14b")
    assert used(shot(image=FILE, duration=3.0)) == ("i2v-a14b",)
    steered = shot(control=Control(FILE))
    assert used(steered) == ("vace-fun-a14b",)
    # refused by the plan: nothing needs to be downloaded to hear that
    assert used(steered, family=ONE_MODEL) == ()


def test_the_rate_is_that_of_the_first_shot_the_family_can_render() -> None:
    board = Storyboard(title="x", slug="x", path=FILE, scenes=(Scene("s", (shot(audio=FILE), shot())),))
    assert film_fps(board, TINY) == 16
    assert film_fps(board, ONE_MODEL) == 24


def test_shots_that_are_fixed_in_time_leave_the_rate_to_the_others() -> None:
    def rate(*shots: Shot) -> float:
        return film_fps(Storyboard(title="x", slug="x", path=FILE, scenes=(Scene("s", shots),)), FULL)

    dances = shot(motion=Motion(FILE), image=FILE)
    assert rate(dances, shot(audio=FILE)) == 30
    assert rate(dances, shot()) == rate(shot(), dances) == 16
    assert rate(dances, shot(variant="ti2v-5b"), shot()) == 24


@pytest.mark.parametrize(("seconds", "fps", "frames"), [(2, 16, 32), (2, 24, 48), (2.01, 16, 33), (0.001, 16, 1)])
def test_a_duration_is_never_cut_short(seconds: float, fps: float, frames: int) -> None:
    assert film_frames(shot(duration=seconds), part(TINY, "t2v-a14b"), fps, {}) == frames


@given(frames=st.integers(1, 5000), hidden=st.integers(0, 1), family=st.sampled_from([TINY, FULL]))
def test_segments_fill_every_length_exactly(frames: int, hidden: int, family: Family) -> None:
    first = part(family, "i2v-a14b" if hidden else "t2v-a14b")
    later = part(family, "i2v-a14b")
    segments = cut_into_segments(frames, hidden, first, later)
    assert sum(segment.keep for segment in segments) == frames
    assert [segment.skip_first for segment in segments] == [hidden, *[1] * (len(segments) - 1)]
    fewest = 1 if frames <= first.longest - hidden else 1 + -(-(frames - first.longest + hidden) // (later.longest - 1))
    assert len(segments) == fewest
    for segment in segments:
        assert 1 <= segment.keep <= segment.num_frames - segment.skip_first
        assert segment.num_frames <= segment.part.longest
        assert segment.num_frames % VARIANTS[segment.part.variant.name].frame_step == 1


@given(frames=st.integers(82, 5000))
def test_no_segment_of_a_real_model_is_too_short_to_look_good(frames: int) -> None:
    first, later = part(FULL, "t2v-a14b"), part(FULL, "i2v-a14b")
    assert min(segment.num_frames for segment in cut_into_segments(frames, 0, first, later)) >= 37


@given(st.integers(78, 2000), st.sampled_from(["s2v-14b", "animate-14b"]))
def test_clips_that_carry_on_are_equally_long_and_show_every_frame_once(frames: int, variant: str) -> None:
    one = part(Family(name="x", roles={variant: Role(variant=variant, folder="x")}), variant)
    segments = cut_into_segments(frames, 0, one, one)
    first, *rest = segments
    assert sum(segment.keep for segment in segments) == frames
    assert len({segment.num_frames for segment in rest}) <= 1
    if rest:
        lost = 3 if variant == "s2v-14b" else 0
        assert rest[0].num_frames - first.num_frames == lost
        assert {segment.chained for segment in rest} == {"carried"}
    position = 0
    for segment in segments:
        assert segment.start + segment.skip_first == position
        assert 0 < segment.keep <= segment.num_frames - segment.skip_first
        assert segment.num_frames % 4 == (1 if segment is first or variant == "animate-14b" else 0)
        position += segment.keep


@pytest.mark.parametrize(
    ("frames", "joined", "lengths"),
    [
        (32, False, [77]),
        (100, False, [77, 80]),
        (400, False, [77, 80, 80, 80, 80, 80]),
        (32, True, [80]),
        (100, True, [80, 80]),
    ],
)
def test_speech_is_rendered_in_the_references_pieces_and_trimmed(frames: int, joined: bool, lengths: list[int]) -> None:
    speech = part(FULL, "s2v-14b")
    segments = cut_into_segments(frames, 0, speech, speech, joined=joined)
    assert [segment.num_frames for segment in segments] == lengths
    assert sum(segment.keep for segment in segments) == frames


@given(
    st.integers(1, 2000), st.sampled_from([("t2v-a14b", 0, False), ("vace-fun-a14b", 1, False), ("s2v-14b", 0, True)])
)
def test_clips_that_begin_with_frames_of_the_one_before_show_every_frame_once(
    frames: int, how: tuple[str, int, bool]
) -> None:
    variant, hidden, joined = how
    one = part(FULL, variant)
    segments = cut_into_segments(frames, hidden, one, one, joined=joined)
    assert sum(segment.keep for segment in segments) == frames
    assert len({segment.num_frames for segment in segments}) == 1
    assert segments[0].num_frames % 4 == (0 if joined else 1)
    position = 0
    for number, segment in enumerate(segments):
        assert segment.chained == ("frame" if number == 0 else one.variant.chained)
        assert segment.skip_first == (one.variant.overlap if number else hidden)
        assert segment.start + segment.skip_first == position + hidden
        assert 0 < segment.keep <= segment.num_frames - segment.skip_first <= one.longest_following
        position += segment.keep

"""A shot that is longer than one clip is cut so that every frame is shown once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.shots import Part, cut_into_clips, part_of
from wan.families import FAMILIES, Family, Role
from wan.variants import VARIANTS

TINY, FULL = FAMILIES["tiny"], FAMILIES["wan22"]


def part(family: Family, variant: str) -> Part:
    found = part_of(family, variant)
    assert found is not None
    return found


@given(frames=st.integers(1, 5000), hidden=st.integers(0, 1), family=st.sampled_from([TINY, FULL]))
def test_segments_fill_every_length_exactly(frames: int, hidden: int, family: Family) -> None:
    first = part(family, "i2v-a14b" if hidden else "t2v-a14b")
    later = part(family, "i2v-a14b")
    clips = cut_into_clips(frames, hidden, first, later)
    assert sum(clip.keep for clip in clips) == frames
    assert [clip.skip_first for clip in clips] == [hidden, *[1] * (len(clips) - 1)]
    fewest = 1 if frames <= first.longest - hidden else 1 + -(-(frames - first.longest + hidden) // (later.longest - 1))
    assert len(clips) == fewest
    for clip in clips:
        assert 1 <= clip.keep <= clip.num_frames - clip.skip_first
        assert clip.num_frames <= clip.part.longest
        assert clip.num_frames % VARIANTS[clip.part.variant.name].frame_step == 1


@given(frames=st.integers(82, 5000))
def test_no_segment_of_a_real_model_is_too_short_to_look_good(frames: int) -> None:
    first, later = part(FULL, "t2v-a14b"), part(FULL, "i2v-a14b")
    assert min(clip.num_frames for clip in cut_into_clips(frames, 0, first, later)) >= 37


@given(st.integers(78, 2000), st.sampled_from(["s2v-14b", "animate-14b"]))
def test_clips_that_carry_on_are_equally_long_and_show_every_frame_once(frames: int, variant: str) -> None:
    one = part(Family(name="x", roles={variant: Role(variant=variant, folder="x")}), variant)
    clips = cut_into_clips(frames, 0, one, one)
    first, *rest = clips
    assert sum(clip.keep for clip in clips) == frames
    assert len({clip.num_frames for clip in rest}) <= 1
    if rest:
        lost = 3 if variant == "s2v-14b" else 0
        assert rest[0].num_frames - first.num_frames == lost
        assert {clip.chained for clip in rest} == {"carried"}
    position = 0
    for clip in clips:
        assert clip.start + clip.skip_first == position
        assert 0 < clip.keep <= clip.num_frames - clip.skip_first
        assert clip.num_frames % 4 == (1 if clip is first or variant == "animate-14b" else 0)
        position += clip.keep


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
    clips = cut_into_clips(frames, 0, speech, speech, joined=joined)
    assert [clip.num_frames for clip in clips] == lengths
    assert sum(clip.keep for clip in clips) == frames


@given(
    st.integers(1, 2000),
    st.sampled_from(
        [
            ("t2v-a14b", 0, False, None),
            ("vace-fun-a14b", 1, False, None),
            ("vace-fun-a14b", 9, False, 17),
            ("vace-fun-a14b", 5, False, 5),
            ("s2v-14b", 0, True, None),
        ]
    ),
)
def test_clips_that_begin_with_frames_of_the_one_before_show_every_frame_once(
    frames: int, how: tuple[str, int, bool, int | None]
) -> None:
    variant, hidden, joined, own = how
    one = part(FULL, variant)
    overlap = one.variant.overlap if own is None else own
    clips = cut_into_clips(frames, hidden, one, one, joined=joined, overlap=own)
    assert sum(clip.keep for clip in clips) == frames
    assert len({clip.num_frames for clip in clips}) == 1
    assert clips[0].num_frames % 4 == (0 if joined else 1)
    position = 0
    for number, clip in enumerate(clips):
        assert clip.chained == ("frame" if number == 0 else one.variant.chained)
        assert clip.skip_first == (overlap if number else hidden)
        assert clip.start + clip.skip_first == position
        assert clip.num_frames > overlap or number == len(clips) - 1 == 0
        assert 0 < clip.keep <= clip.num_frames - clip.skip_first <= one.longest_following
        position += clip.keep


def test_what_nothing_can_go_on_from_is_refused() -> None:
    text = part(TINY, "t2v-a14b")
    assert len(cut_into_clips(33, 0, text, None)) == 1
    with pytest.raises(ValueError, match="t2v-a14b renders 33 frames at most and nothing can go on from there"):
        cut_into_clips(34, 0, text, None)

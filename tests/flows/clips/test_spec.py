"""What a clip is made of, and which clips it reads."""

from __future__ import annotations

from flows.clips import HandOff
from tests.flows.made import a_spec

CHAIN, OTHER = ("1", "2", "3"), ("4", "5")


def test_one_take_is_read_at_its_end_alone() -> None:
    hand_off = HandOff((CHAIN,))
    assert (hand_off.candidates, hand_off.upstream) == (("3",), ("3",))


def test_of_several_takes_every_clip_is_read_to_choose() -> None:
    hand_off = HandOff((CHAIN, OTHER))
    assert hand_off.candidates == ("3", "5")
    assert hand_off.upstream == (*CHAIN, *OTHER)


def test_frames_and_earlier_clips_are_read_from_the_whole_take() -> None:
    assert HandOff((CHAIN,), what="frames").upstream == CHAIN
    assert HandOff((CHAIN,), back=1).upstream == CHAIN
    assert HandOff((CHAIN,), what="carried").upstream == ("3",)


def test_a_video_that_is_changed_takes_a_part_of_the_steps() -> None:
    assert [a_spec(strength=strength).steps_taken for strength in (None, 1.0, 0.5)] == [12, 12, 6]


def test_the_extent_is_width_height_and_frames() -> None:
    assert a_spec(width=64, height=32, num_frames=5).extent == (64, 32, 5)

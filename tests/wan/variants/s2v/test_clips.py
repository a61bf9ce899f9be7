"""How a long shot of speech is cut."""

from __future__ import annotations

import pytest

from wan.errors import RequestError
from wan.variants.s2v.clips import clip_lengths, piece_length


def test_the_first_clip_is_three_frames_shorter_and_the_rest_follow_without_a_gap() -> None:
    assert clip_lengths(237, 80) == [(0, 77), (77, 80), (157, 80)]


@pytest.mark.parametrize(("frames", "clips"), [(1, 1), (77, 1), (78, 2), (157, 2), (158, 3)])
def test_a_shot_has_as_many_clips_as_its_length_needs(frames: int, clips: int) -> None:
    found = clip_lengths(frames, 80)
    assert len(found) == clips
    assert sum(length for _, length in found) == 80 * clips - 3 >= frames


def test_short_pieces_are_possible() -> None:
    assert clip_lengths(40, 32) == [(0, 29), (29, 32)]


@pytest.mark.parametrize(("frames", "infer_frames"), [(0, 80), (10, 0), (10, 30)])
def test_impossible_lengths_are_refused(frames: int, infer_frames: int) -> None:
    with pytest.raises(RequestError, match="num_frames"):
        clip_lengths(frames, infer_frames)


def test_the_model_renders_the_dropped_frames_too() -> None:
    assert piece_length(77, first=True) == piece_length(80, first=False) == 80


def test_a_length_that_cannot_be_names_the_nearest_that_can() -> None:
    with pytest.raises(RequestError, match="nearest are 77 and 81"):
        piece_length(80, first=True)
    with pytest.raises(RequestError, match="nearest are 76 and 80"):
        piece_length(77, first=False)

from __future__ import annotations

import pytest

from wan.frames.clips import clips_needed, cut


@pytest.mark.parametrize(
    ("frames", "clips"),
    [
        (1, [(0, 81)]),
        (81, [(0, 81)]),
        (82, [(0, 81), (76, 81)]),
        (157, [(0, 81), (76, 81)]),
        (158, [(0, 81), (76, 81), (152, 81)]),
    ],
)
def test_clips_repeat_the_end_of_the_one_before(frames: int, clips: list[tuple[int, int]]) -> None:
    assert cut(frames, 81, 81, 5) == clips
    assert clips_needed(frames, 81, 81, 5) == len(clips)


def test_the_first_clip_may_have_a_length_of_its_own() -> None:
    assert cut(150, 77, 80, 0) == [(0, 77), (77, 80)]


@pytest.mark.parametrize("frames", range(1, 40))
def test_every_frame_is_in_a_clip_and_none_is_needless(frames: int) -> None:
    clips = cut(frames, 9, 7, 2)
    shown = {frame for start, length in clips for frame in range(start, start + length)}
    assert set(range(frames)) <= shown
    assert len(clips) == 1 or clips[-1][0] + 2 < frames

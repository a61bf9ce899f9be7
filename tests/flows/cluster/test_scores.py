"""Technical scores put clips in the order a person would."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flows.cluster.scores import score_clip

Frames = npt.NDArray[np.uint8]


def moving_square(frames: int = 16, soft: int = 1, gain: float = 1.0) -> Frames:
    clip = np.full((frames, 64, 96, 3), 90, np.float32)
    for index, frame in enumerate(clip):
        frame[20:44, 10 + 3 * index : 34 + 3 * index] = 180
    kernel = np.ones(soft) / soft
    if soft > 1:
        clip = np.apply_along_axis(lambda row: np.convolve(row, kernel, "same"), 2, clip)
        clip[:, :, :soft] = clip[:, :, -soft:] = 90
    return np.clip(clip * gain, 0, 255).astype(np.uint8)


def test_a_sharp_clip_scores_above_a_blurred_one() -> None:
    sharp, blurred = score_clip(moving_square()), score_clip(moving_square(soft=15))
    assert sharp["sharpness"] > blurred["sharpness"]
    assert sharp["quality"] > blurred["quality"]


def test_flicker_lowers_steadiness_and_smooth_motion_hardly_does() -> None:
    steady = moving_square()
    flickering = steady.copy()
    flickering[::2] //= 2
    assert score_clip(flickering)["steadiness"] < 0.2 < 0.8 < score_clip(steady)["steadiness"]


def test_too_dark_and_burnt_out_lose_exposure() -> None:
    normal = score_clip(moving_square())["exposure"]
    assert score_clip(moving_square(gain=0.05))["exposure"] < normal
    assert score_clip(moving_square(gain=5.0))["exposure"] < normal


def test_a_blank_clip_has_next_to_no_quality_and_nothing_is_out_of_range() -> None:
    blank = np.full((5, 32, 32, 3), 128, np.uint8)
    assert score_clip(blank)["quality"] < 0.2
    for clip in (blank, moving_square(), moving_square(frames=1)):
        assert all(0 <= value <= 1 for value in score_clip(clip).values())
        assert score_clip(clip) == score_clip(clip)

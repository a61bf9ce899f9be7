from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wan.request import ArrayVideo, Audio, ClipRequest, Guidance, Lora, Sampling

SAMPLING = Sampling(20, 3.0, Guidance(4.0, 3.0))


@pytest.mark.parametrize(("strength", "taken"), [(0.0, 0), (0.04, 0), (0.05, 1), (0.5, 10), (1.0, 20)])
def test_a_weaker_change_takes_fewer_steps(strength: float, taken: int) -> None:
    assert SAMPLING.steps_taken(strength) == taken


def test_a_video_is_read_up_to_its_end() -> None:
    video = ArrayVideo(np.arange(5, dtype=np.uint8).repeat(12).reshape(5, 2, 2, 3))
    assert video.num_frames == 5
    assert video.frames(3, 9)[:, 0, 0, 0].tolist() == [3, 4]
    assert video.frames(-2, 1)[:, 0, 0, 0].tolist() == [0]
    assert len(video.frames(7, 9)) == 0


def test_videos_of_the_same_bytes_and_another_shape_have_two_digests() -> None:
    pixels = np.zeros((2, 4, 6, 3), np.uint8)
    assert ArrayVideo(pixels).digest != ArrayVideo(pixels.reshape(2, 6, 4, 3)).digest
    assert ArrayVideo(pixels).digest == ArrayVideo(pixels.copy()).digest


def test_a_sound_is_as_long_as_its_samples() -> None:
    samples = np.zeros(800, np.float32)
    assert Audio(samples, 16_000).seconds == 0.05
    assert Audio(samples, 16_000).digest != Audio(samples, 8_000).digest


def test_requests_are_equal_by_what_can_be_compared() -> None:
    asked = ClipRequest(prompt="a boat", width=64, height=32, num_frames=9, sampling=SAMPLING, seed=1)
    assert asked == replace(asked, image=np.zeros((2, 2, 3), np.uint8))
    assert asked != replace(asked, seed=2)


def test_a_lora_is_known_by_its_bytes_wherever_it_lies() -> None:
    assert Lora(Path("a"), "digest") == Lora(Path("b"), "digest") != Lora(Path("a"), "other")

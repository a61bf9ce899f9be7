"""Shots from their first frame to their last."""

from __future__ import annotations

import numpy as np

from flows.continuity.inside import measure_shot, profile
from tests.flows.continuity.moving import Frames, moving

FPS = 16
FILM = moving(40, speed=1.5)


def measured(frames: Frames) -> dict[str, float]:
    return measure_shot(profile(frames), FPS)


def test_a_shot_that_moves_has_no_fault() -> None:
    found = measured(FILM)
    assert found["flash"] < 0.01
    assert (found["doubled"], found["frozen"], found["cuts"]) == (0, 0, 0)


def test_a_second_that_stands_is_found_with_its_length() -> None:
    stands = np.concatenate([FILM[:20], np.repeat(FILM[20:21], FPS, 0), FILM[21:]])
    found = measured(stands)
    assert found["frozen"] == (FPS - 1) / FPS
    assert found["doubled"] == 0


def test_frames_that_are_shown_twice_are_counted_but_not_of_what_is_drawn_on_twos() -> None:
    twice = np.concatenate([FILM[:10], FILM[9:30], FILM[29:]])
    assert measured(twice)["doubled"] == 2
    assert measured(np.repeat(FILM, 2, 0))["doubled"] == 0


def test_a_flash_is_found_and_a_lamp_that_stays_on_is_none() -> None:
    bright = np.clip(FILM.astype(np.float32) * 1.05, 0, 255).astype(np.uint8)
    assert measured(np.concatenate([FILM[:20], bright[20:21], FILM[21:]]))["flash"] > 0.03
    assert measured(np.concatenate([FILM[:20], bright[20:]]))["flash"] < 0.03


def test_a_cut_inside_a_shot_is_found_and_is_no_flash() -> None:
    found = measured(np.concatenate([FILM[:20], FILM[20:, ::-1, ::-1]]))
    assert found["cuts"] == 1
    assert found["flash"] < 0.03


def test_a_picture_that_only_grows_brighter_does_not_stand() -> None:
    fading = np.stack([np.full((24, 32, 3), 40 + 4 * number, np.uint8) for number in range(20)])
    found = measured(fading)
    assert (found["doubled"], found["frozen"], found["cuts"]) == (0, 0, 0)


def test_one_frame_has_nothing_to_measure() -> None:
    assert measured(FILM[:1]) == {}

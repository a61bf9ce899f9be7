"""Joins with faults that were planted, and joins without."""

from __future__ import annotations

import numpy as np
import pytest

from flows.continuity.join import measure_join
from flows.seams.meeting import FRAMES
from flows.seams.seam import Seam
from tests.flows.continuity.moving import Frames, moving

FILM = moving(24)
AT = 12


def over(before: Frames, after: Frames) -> tuple[str, ...]:
    values = measure_join(before[-FRAMES:], after[:FRAMES])
    return Seam(kind="join", shot="a.b", before="a.a", values=values).over


def test_a_film_that_goes_on_is_within_every_budget() -> None:
    values = measure_join(FILM[AT - FRAMES : AT], FILM[AT : AT + FRAMES])
    assert over(FILM[:AT], FILM[AT:]) == ()
    assert values["delta_e"] < 0.3
    assert values["similarity"] > 0.95
    assert values["jump"] == pytest.approx(1, abs=0.2)
    assert values["motion"] < 0.3


def test_a_frame_that_is_shown_twice_is_found_also_if_it_was_rendered_again() -> None:
    again = np.clip(FILM[AT - 1] + np.random.default_rng(2).normal(0, 0.6, FILM[0].shape), 0, 255).astype(np.uint8)
    for frame in (FILM[AT - 1], again):
        assert "doubled" in over(FILM[:AT], np.concatenate([frame[None], FILM[AT:]]))


def test_a_frame_that_is_left_out_is_found() -> None:
    assert over(FILM[:AT], FILM[AT + 1 :]) == ("dropped",)


def test_a_cast_is_found_and_is_no_jump() -> None:
    tinted = np.clip(FILM[AT:] + np.array([6, 0, -6]), 0, 255).astype(np.uint8)
    assert "delta_e" in over(FILM[:AT], tinted)
    assert "jump" not in over(FILM[:AT], tinted)


def test_brightness_that_jumps_is_found_whether_it_stays_or_not() -> None:
    bright = np.clip(FILM.astype(np.float32) * 1.04, 0, 255).astype(np.uint8)
    flash = np.concatenate([bright[AT : AT + 1], FILM[AT + 1 :]])
    assert "flash" in over(FILM[:AT], flash)
    assert "flash" in over(FILM[:AT], bright[AT:])


def test_a_cut_jumps_and_is_of_another_structure() -> None:
    other = FILM[:FRAMES, ::-1, ::-1]
    assert "jump" in over(FILM[:AT], other)
    goes_on = measure_join(FILM[AT - FRAMES : AT], FILM[AT : AT + FRAMES])["similarity"]
    assert measure_join(FILM[AT - FRAMES : AT], other)["similarity"] < goes_on - 0.05


def test_motion_that_turns_back_or_stops_is_found() -> None:
    back = moving(12, speed=-2.0, start=20.0 + 2.0 * AT)
    assert "motion" in over(FILM[:AT], back)
    stopped = moving(12, speed=0.0, start=20.0 + 2.0 * AT)
    values = measure_join(FILM[AT - FRAMES : AT], stopped[:FRAMES])
    assert values["motion"] > 0.75


def test_detail_that_is_lost_is_found() -> None:
    sharp = FILM[AT:].astype(np.float32)
    soft = (sharp + np.roll(sharp, 1, 1) + np.roll(sharp, 1, 2) + np.roll(sharp, (1, 1), (1, 2))) / 4
    assert "sharpness" in over(FILM[:AT], soft.astype(np.uint8))


def test_shots_of_one_frame_and_pictures_too_small_for_motion_are_measured_as_far_as_they_can_be() -> None:
    assert "similarity" in measure_join(FILM[:1], FILM[1:2])
    tiny = np.full((4, 9, 9, 3), 90, np.uint8)
    assert measure_join(tiny, tiny) == {"flash": 0, "sharpness": 0, "jump": 1, "doubled": 0, "dropped": 0}


def test_sizes_may_differ() -> None:
    values = measure_join(FILM[AT - FRAMES : AT], FILM[AT : AT + FRAMES, ::2, ::2])
    assert "sharpness" not in values
    assert values["delta_e"] < 1

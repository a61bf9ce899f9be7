"""Colours held to a look: what is drift is taken off, what is the story's stays."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.continuity.anchoring import DRIFT, Look, anchored, look_of, transfer_to
from flows.continuity.transfer import Transfer
from tests.flows.continuity.casts import Frames, cast, clip_of, delta_e, picture

FPS = 16.0
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=8, deadline=None)


def look(seed: int) -> Look:
    return look_of([picture(seed)])


def cast_of(size: float, angle: float, lift: float) -> tuple[float, float, float]:
    """A shift of `size` ΔE, `lift` of it in lightness, into the direction of a hue."""
    lightness = size * lift
    chroma = float(np.sqrt(size**2 - lightness**2))
    return lightness, chroma * float(np.cos(angle)), chroma * float(np.sin(angle))


@some
@given(seeds, st.floats(0, 6))
def test_strength_0_is_the_same_frames(seed: int, size: float) -> None:
    frames = cast(clip_of(seed, 4), size)
    held, taken = anchored(frames, look(seed), strength=0.0, fps=FPS, goes_on_from=picture(seed))
    assert held is frames
    assert taken.is_nothing


@some
@given(seeds)
def test_held_to_itself_nothing_changes(seed: int) -> None:
    frames = clip_of(seed, 4)
    held, taken = anchored(frames, look_of(frames), strength=1.0, fps=FPS, goes_on_from=frames[0])
    assert held is frames
    assert taken.is_nothing


@settings(max_examples=20, deadline=None)
@given(seeds, st.floats(2, 6), st.floats(0, 2 * np.pi), st.floats(-1, 1))
def test_of_a_cast_less_than_a_third_is_left(seed: int, size: float, angle: float, lift: float) -> None:
    true = clip_of(seed, 6)
    off = cast(true, *cast_of(size, angle, lift))
    held, _ = anchored(off, look_of(true[:3]), strength=1.0, fps=FPS, goes_on_from=true[0])
    assert delta_e(held, true) < delta_e(off, true) / 3


@some
@given(seeds, st.floats(2, 6), st.floats(0, 2 * np.pi), st.floats(-1, 1))
def test_of_a_cast_less_than_half_is_left_where_the_camera_has_moved(
    seed: int, size: float, angle: float, lift: float
) -> None:
    true = clip_of(seed, 3)
    off = cast(true, *cast_of(size, angle, lift))
    held, _ = anchored(off, look_of(true[:, ::-1, ::-1]), strength=1.0, fps=FPS)
    assert delta_e(held, true) < delta_e(off, true) / 2


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_strength_is_how_much_is_taken_off(strength: float) -> None:
    true = clip_of(3)
    off = cast(true, 4.0, 2.0)
    held, _ = anchored(off, look_of(true[:3]), strength=strength, fps=FPS, goes_on_from=true[0])
    assert delta_e(held, true) / delta_e(off, true) == pytest.approx(1 - strength, abs=0.2)


def with_lamp(frames: Frames, since: int, lightness: float = 12.0) -> Frames:
    lit = frames.copy()
    lit[since:] = cast(frames[since:], lightness, 3.0, 8.0)
    return lit


@some
@given(seeds)
def test_a_lamp_that_is_switched_on_in_the_middle_stays_on(seed: int) -> None:
    true = with_lamp(clip_of(seed, 40), 20)
    off = cast(true, 2.0, 1.5, -1.5)
    held, _ = anchored(off, look(seed), strength=1.0, fps=FPS, goes_on_from=true[0])
    jump, as_it_was = delta_e(held[19], held[20]), delta_e(true[19], true[20])
    assert jump == pytest.approx(as_it_was, rel=0.15)
    assert delta_e(held[-1], true[-1]) < 1.5


def test_a_lamp_that_was_switched_on_before_stays_on() -> None:
    dark, lit = clip_of(5), cast(clip_of(5), 20.0, 3.0, 8.0)
    held, taken = anchored(lit, look_of(dark[:1]), strength=1.0, fps=FPS, goes_on_from=lit[0])
    assert taken.is_nothing
    assert held is lit


@some
@given(seeds, seeds)
def test_no_transfer_is_farther_than_drift_is(seed: int, other: int) -> None:
    taken = transfer_to(look(other), look(seed))
    middle = np.median(look(seed).places.reshape(-1, 3), axis=0)
    for colour in (middle, np.median(look(seed).ranks, axis=0)):
        assert abs(taken.apart(colour)[0]) <= DRIFT + 0.02
    assert abs(taken.contrast) <= 0.1
    assert abs(taken.saturation) <= 0.2


def test_the_join_shows_no_step_and_the_look_is_reached_within_a_second() -> None:
    """The clip before has drifted by its end; this one shows its last frame again, a little off."""
    first = clip_of(8, 33)
    handed, again = cast(first, 1.5, 1.0), cast(first, 3.5, 2.0)
    held, _ = anchored(again, look_of(first[:3]), strength=1.0, fps=FPS, goes_on_from=handed[0])
    assert delta_e(held[0], handed[0]) < 0.6
    assert delta_e(held[16], first[0]) < 0.6
    steps = [delta_e(one, other) for one, other in pairwise(held)]
    assert max(steps) < 0.7


@pytest.mark.parametrize("drift", [(1.5, 1.0, -1.0), (-1.0, 0.0, 2.0)])
def test_along_a_chain_of_ten_drift_does_not_add_up(drift: tuple[float, float, float]) -> None:
    """Each clip shows the frame that it was handed with a cast, which grows by as much again until it ends."""

    def drawn(handed: Frames) -> Frames:
        return np.stack([cast(handed, *(part * (1 + at / 32) for part in drift)) for at in range(33)])

    first = clip_of(7, 33)
    plain = held = first
    errors = []
    for _ in range(9):
        plain = drawn(plain[-1])
        held, _ = anchored(drawn(held[-1]), look_of(first[-3:]), strength=1.0, fps=FPS, goes_on_from=held[-1])
        errors.append(delta_e(held[-1], first[-1]))
    assert delta_e(plain[-1], first[-1]) > 5 * errors[-1]
    assert max(errors) < 2.5 * float(np.linalg.norm(drift))


def test_how_much_is_seen_of_what_does_not_matter() -> None:
    """The thing in front comes closer until it fills a third of the picture."""
    near = picture(11)
    near[10:34, 10:42] = (200, 60, 60)
    taken = transfer_to(look(11), look_of([near]))
    assert abs(taken.light) < 0.01
    assert abs(taken.red) < 0.003


def test_where_the_camera_has_moved_and_sees_other_things_that_is_no_drift() -> None:
    """More of the ground, and less of the sky; another place."""
    seen = picture(12)
    tilted = np.concatenate([seen[9:], np.repeat(seen[-1:], 9, axis=0)])
    assert transfer_to(look_of([seen]), look_of([tilted])).is_nothing
    assert [transfer_to(look(seed), look(seed + 50)).is_nothing for seed in range(8)].count(True) >= 7


def test_contrast_that_has_grown_is_taken_back() -> None:
    true = picture(2).astype(float)
    harder = np.clip(np.rint(128 + (true - 128) * 1.08), 0, 255).astype(np.uint8)
    held, taken = anchored(harder[None], look(2), strength=1.0, fps=FPS)
    assert taken.contrast < 0
    assert delta_e(held[0], picture(2)) < delta_e(harder, picture(2)) / 2


def test_one_look_is_the_same_to_the_bit_again_and_at_every_size() -> None:
    frames = cast(clip_of(4, 5), 3.0)
    first, again = (anchored(frames, look(4), strength=1.0, fps=FPS)[0] for _ in range(2))
    assert (first == again).all()
    larger = np.repeat(np.repeat(frames, 3, axis=1), 3, axis=2)
    held, _ = anchored(larger, look(4), strength=1.0, fps=FPS, goes_on_from=picture(4))
    assert delta_e(held[:, ::3, ::3], first) < 0.5


def test_a_look_of_another_shape_is_compared_rank_by_rank() -> None:
    seen = look(6)
    other = replace(seen, shape=(1, 1), places=seen.places[:1, :1])
    assert transfer_to(other, seen) == Transfer()

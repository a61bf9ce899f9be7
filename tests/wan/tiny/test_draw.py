from __future__ import annotations

import random

import numpy as np
import pytest

from wan.tiny.draw import draw_batch, draw_clip, draw_image, stage
from wan.tiny.paths import random_path
from wan.tiny.world import HEIGHT, MOTIONS, NUM_FRAMES, WIDTH, Scene

BOAT = Scene("boat", "white", "water", "noon", "left_to_right")


def test_a_clip_has_the_native_size_and_repeats_bit_for_bit() -> None:
    clip = draw_clip(BOAT, seed=3)
    assert clip.shape == (NUM_FRAMES, HEIGHT, WIDTH, 3)
    assert clip.dtype == np.uint8
    assert np.array_equal(clip, draw_clip(BOAT, seed=3))
    assert not np.array_equal(clip, draw_clip(BOAT, seed=4))


def test_an_image_is_that_frame_of_the_clip() -> None:
    assert np.array_equal(draw_image(BOAT, seed=3, frame=32), draw_clip(BOAT, seed=3)[32])


def test_drawing_in_a_batch_changes_nothing() -> None:
    stagings = [stage(BOAT, 1), stage(Scene("star", "red", "forest", "night", "closer"), 2)]
    together, _ = draw_batch(stagings, frames=[0, 16])
    alone, _ = draw_batch(stagings[1:], frames=[0, 16])
    assert np.allclose(together[1], alone[0], atol=1e-5)


@pytest.mark.parametrize("motion", MOTIONS)
def test_a_sprite_stays_in_view_and_moves_far_enough_to_be_read(motion: str) -> None:
    for seed in range(50):
        path = random_path(motion, random.Random(seed))
        for frame in (0, NUM_FRAMES - 1):
            x, y, _, _ = path.at(frame)
            assert 0.05 < x < 0.96
            assert 0.1 < y < 0.9
        moved = max(abs(path.x[1] - path.x[0]), abs(path.y[1] - path.y[0]), abs(path.size[1] / path.size[0] - 1))
        assert moved > 0.25


def test_a_motion_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="no motion is called 'dances'"):
        random_path("dances", random.Random(0))

from __future__ import annotations

import random

import pytest

from wan.tiny.paths import Path, random_path
from wan.tiny.world import MOTIONS, NUM_FRAMES


def test_a_sprite_moves_at_constant_speed_and_zooms_by_a_constant_ratio() -> None:
    path = Path((0.2, 0.6), (0.5, 0.5), (0.1, 0.4))
    assert path.at(0)[:3] == pytest.approx((0.2, 0.5, 0.1))
    assert path.at(16)[:3] == pytest.approx((0.4, 0.5, 0.2))
    assert path.at(NUM_FRAMES - 1)[:3] == pytest.approx((0.6, 0.5, 0.4))


@pytest.mark.parametrize("motion", MOTIONS)
def test_a_hand_off_may_start_anywhere_and_still_moves_its_way(motion: str) -> None:
    starts = []
    for seed in range(60):
        path = random_path(motion, random.Random(seed), anywhere=True)
        starts.append(path.x[0])
        across, along, zoom = path.x[1] - path.x[0], path.y[1] - path.y[0], path.size[1] / path.size[0]
        way = {
            "left_to_right": across,
            "right_to_left": -across,
            "rises": -along,
            "falls": along,
            "closer": zoom - 1.2,
            "away": 1 / zoom - 1.2,
        }
        assert way[motion] > 0.16
    assert min(starts) < 0.2
    assert max(starts) > 0.8

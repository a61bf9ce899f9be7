from __future__ import annotations

from typing import Any

import numpy as np

from wan.variants.animate.preprocess.skeleton import (
    LIMBS,
    NECK,
    RIGHT_TOE,
    Skeleton,
)


def test_every_body_point_hangs_on_one_limb() -> None:
    assert sorted(end for _, end in LIMBS) == [joint for joint in range(20) if joint != NECK]
    reached = {NECK}
    for start, end in LIMBS:
        assert start in reached
        reached.add(end)


def test_the_neck_is_between_the_shoulders_and_a_toe_between_two(figure: Any) -> None:
    points = np.ones((133, 3), np.float32)
    points[:, :2] = figure * 100
    points[6, 2] = 0.2
    skeleton = Skeleton.of_whole_body(points)
    assert np.allclose(skeleton.body[NECK], [(points[5, i] + points[6, i]) / 2 for i in range(3)])
    assert np.allclose(skeleton.body[RIGHT_TOE], (points[20] + points[21]) / 2)
    assert skeleton.face.shape == (68, 3)


def test_moving_scales_first_and_leaves_the_scores() -> None:
    points = np.array([[1, 2, 0.5]] * 133, np.float32)
    moved = Skeleton.of_whole_body(points).moved(2.0, (10.0, -1.0))
    for part, count in ((moved.body, 20), (moved.left_hand, 21), (moved.right_hand, 21), (moved.face, 68)):
        assert part.shape == (count, 3)
        assert np.allclose(part, [12, 3, 0.5])
    assert points[0].tolist() == [1, 2, 0.5]

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wan.variants.animate.preprocess.drawing import draw_pose
from wan.variants.animate.preprocess.skeleton import (
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_SHOULDER,
    NECK,
    NOSE,
    RIGHT_ELBOW,
    RIGHT_SHOULDER,
    Skeleton,
)


@pytest.fixture
def skeleton(figure: Any) -> Skeleton:
    points = np.ones((133, 3), np.float32)
    points[:, :2] = figure * (480, 640)
    return Skeleton.of_whole_body(points)


def _at(picture: Any, point: Any) -> list[int]:
    return list(picture[int(point[1]), int(point[0])])


def test_joints_and_limbs_have_their_colours(skeleton: Skeleton) -> None:
    picture = draw_pose(skeleton, (480, 640))
    body = skeleton.body
    assert picture.shape == (640, 480, 3)
    for joint, color in ((RIGHT_ELBOW, [255, 255, 0]), (LEFT_ELBOW, [0, 255, 0]), (LEFT_ANKLE, [85, 0, 255])):
        assert _at(picture, body[joint]) == color
    middle = (body[RIGHT_SHOULDER] + body[RIGHT_ELBOW]) / 2
    assert _at(picture, middle) == [153, 102, 0]  # the third limb, at 60 %
    assert _at(picture, (body[LEFT_SHOULDER] + body[LEFT_ELBOW]) / 2) == [102, 153, 0]
    assert _at(picture, (body[NECK] + body[NOSE]) / 2) == [0, 0, 153]
    assert picture[0, 0].tolist() == [0, 0, 0]


def test_fingers_are_thin_and_their_joints_blue(skeleton: Skeleton) -> None:
    picture = draw_pose(skeleton, (480, 640))
    assert _at(picture, skeleton.left_hand[20]) == [0, 0, 255]
    assert _at(picture, skeleton.right_hand[8]) == [0, 0, 255]


def test_what_is_not_seen_is_not_drawn(skeleton: Skeleton) -> None:
    skeleton.body[:, 2] = 0.4
    skeleton.left_hand[:, 2] = 0.4
    skeleton.right_hand[:, :2] = -1
    assert not draw_pose(skeleton, (480, 640)).any()


def test_a_limb_needs_both_its_ends(skeleton: Skeleton) -> None:
    skeleton.body[RIGHT_ELBOW, 2] = 0.4
    picture = draw_pose(skeleton, (480, 640))
    middle = (skeleton.body[RIGHT_SHOULDER] + skeleton.body[RIGHT_ELBOW]) / 2
    assert _at(picture, middle) == [0, 0, 0]
    assert _at(picture, skeleton.body[RIGHT_SHOULDER]) == [255, 170, 0]


def test_lines_are_wider_in_larger_pictures(figure: Any) -> None:
    shares = []
    for scale in (1, 4):
        points = np.ones((133, 3), np.float32)
        points[:, :2] = figure * (192 * scale, 256 * scale)
        shares.append((draw_pose(Skeleton.of_whole_body(points), (192 * scale, 256 * scale)) > 0).any(-1).mean())
    assert shares[1] == pytest.approx(shares[0], rel=0.75)

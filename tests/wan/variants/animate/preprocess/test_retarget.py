from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wan.errors import RequestError
from wan.variants.animate.preprocess.retarget import limb_ratios, retarget
from wan.variants.animate.preprocess.skeleton import (
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_TOE,
    LEFT_WRIST,
    LIMBS,
    NECK,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Skeleton,
)

SIZE = (480, 640)


@pytest.fixture
def person(figure: Any) -> Skeleton:
    points = np.ones((133, 3), np.float32)
    points[:, :2] = figure * SIZE
    return Skeleton.of_whole_body(points)


def _length(skeleton: Skeleton, start: int, end: int) -> float:
    return float(np.hypot(*(skeleton.body[start, :2] - skeleton.body[end, :2])))


def _long_arms(person: Skeleton) -> Skeleton:
    """Forearms and upper arms half as long again."""
    body = person.body.copy()
    for shoulder, elbow, wrist in (
        (RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST),
        (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST),
    ):
        forearm = (person.body[wrist, :2] - person.body[elbow, :2]) * 1.5
        body[elbow, :2] = body[shoulder, :2] + (person.body[elbow, :2] - person.body[shoulder, :2]) * 1.5
        body[wrist, :2] = body[elbow, :2] + forearm
    return Skeleton(body, person.left_hand, person.right_hand, person.face)


def test_the_same_person_moves_the_same(person: Skeleton) -> None:
    motion = [person.moved(1.0, (float(5 * i), 0.0)) for i in range(3)]
    fitted = retarget(motion, SIZE, person, SIZE)
    for one, other in zip(motion, fitted, strict=True):
        assert np.allclose(one.body, other.body, atol=1e-3)
        # a hand is held at the body's wrist, which is where it was
        assert np.allclose(one.left_hand[:, :2], other.left_hand[:, :2], atol=1e-3)


def test_long_arms_stay_long_and_the_hand_is_at_their_end(person: Skeleton) -> None:
    raised = Skeleton(person.body.copy(), person.left_hand, person.right_hand, person.face)
    raised.body[LEFT_WRIST, :2] = raised.body[LEFT_ELBOW, :2] + (0, -60)
    (_, fitted) = retarget([person, raised], SIZE, _long_arms(person), SIZE)
    assert _length(fitted, LEFT_ELBOW, LEFT_WRIST) == pytest.approx(90, rel=1e-3)
    assert fitted.body[LEFT_WRIST, 1] < fitted.body[LEFT_ELBOW, 1]
    assert np.allclose(fitted.left_hand[0, :2], fitted.body[LEFT_WRIST, :2])
    assert _length(fitted, NECK, LEFT_SHOULDER) == pytest.approx(_length(person, NECK, LEFT_SHOULDER), rel=1e-3)


def test_a_person_of_half_the_size_stands_where_the_picture_has_it(person: Skeleton) -> None:
    small = person.moved(0.5, (30.0, 100.0))
    fitted = retarget([person, person.moved(1.0, (20.0, 0.0))], SIZE, small, SIZE)
    assert np.allclose(fitted[0].body, small.body, atol=0.1)
    assert fitted[1].body[NECK, 0] - fitted[0].body[NECK, 0] == pytest.approx(10, abs=0.1)


def test_without_feet_the_necks_meet(person: Skeleton) -> None:
    small = person.moved(0.5, (30.0, 100.0))
    for each in (person, small):
        each.body[[LEFT_ANKLE, RIGHT_ANKLE], 2] = 0
    (fitted,) = retarget([person], SIZE, small, SIZE)
    assert np.allclose(fitted.body[NECK, :2], small.body[NECK, :2], atol=0.1)


def test_a_foot_is_at_most_half_a_calf(person: Skeleton) -> None:
    person.body[LEFT_TOE, :2] = person.body[LEFT_ANKLE, :2] + (200, 0)
    (fitted,) = retarget([person], SIZE, person, SIZE)
    calf = _length(fitted, LEFT_KNEE, LEFT_ANKLE)
    assert _length(fitted, LEFT_ANKLE, LEFT_TOE) == pytest.approx(calf / 2, rel=1e-3)


def test_limbs_that_cannot_be_measured_differ_as_the_shoulders_do(person: Skeleton) -> None:
    large = person.moved(2.0, (0.0, 0.0))
    large.body[[LEFT_ANKLE, RIGHT_ANKLE], 2] = 0.1
    ratios = limb_ratios(person.body, large.body)
    assert len(ratios) == len(LIMBS)
    assert np.allclose(ratios, 2)


def test_pairs_of_limbs_take_the_longer_ones_ratio(person: Skeleton) -> None:
    other = _long_arms(person)
    other.body[RIGHT_ELBOW] = person.body[RIGHT_ELBOW]
    ratios = limb_ratios(person.body, other.body)
    assert ratios[2] == ratios[4] == pytest.approx(1.5)


def test_without_shoulders_nothing_can_be_fitted(person: Skeleton) -> None:
    blind = person.moved(1.0, (0.0, 0.0))
    blind.body[NECK, 2] = 0.1
    with pytest.raises(RequestError, match="no shoulders are to be seen in the picture"):
        retarget([person], SIZE, blind, SIZE)
    with pytest.raises(RequestError, match="in the first frame of the video"):
        retarget([blind], SIZE, person, SIZE)

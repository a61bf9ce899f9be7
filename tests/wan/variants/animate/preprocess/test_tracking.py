from __future__ import annotations

import numpy as np
import pytest

from wan.errors import RequestError
from wan.variants.animate.preprocess.detector import Boxes
from wan.variants.animate.preprocess.tracking import LONGEST_GAP, follow, main_person, most_people

SIZE = (200, 100)


def _boxes(*rows: tuple[float, ...]) -> Boxes:
    return np.array([(*row, 0.8) if len(row) == 4 else row for row in rows], np.float32).reshape(-1, 5)


def test_the_largest_person_is_followed_though_another_comes_nearer() -> None:
    found = [_boxes((80, 10, 120, 90), (0, 40, 10, 60))]
    found += [_boxes((0, 5, 60 + 5 * i, 100), (80 + i, 10, 120 + i, 90)) for i in range(5)]
    boxes = follow(found, SIZE, 30)
    assert [box[0] for box in boxes] == [80, 80, 81, 82, 83, 84]


def test_of_two_equally_large_people_the_one_in_the_middle_counts() -> None:
    box = main_person(_boxes((0, 10, 40, 90), (85, 10, 125, 90), (160, 10, 200, 90)), SIZE)
    assert box is not None
    assert box[0] == 85


def test_a_short_gap_is_crossed_evenly() -> None:
    found = [_boxes((10, 10, 50, 90)), _boxes(), _boxes(), _boxes(), _boxes((30, 10, 70, 90))]
    assert [box[0] for box in follow(found, SIZE, 30)] == [10, 15, 20, 25, 30]


def test_a_person_who_comes_a_little_late_stands_still_until_then() -> None:
    found = [_boxes()] * round(LONGEST_GAP * 30) + [_boxes((30, 10, 70, 90))]
    assert {box[0] for box in follow(found, SIZE, 30)} == {30}


def test_the_same_gap_in_seconds_is_too_long_at_any_rate() -> None:
    person = _boxes((10, 10, 50, 90))
    for fps, gap in ((16, 9), (30, 16), (60, 31)):
        follow([person, *[_boxes()] * (gap - 1), person], SIZE, fps)
        with pytest.raises(RequestError, match=f"the person is not to be seen in frames 1 to {gap} "):
            follow([person, *[_boxes()] * gap, person], SIZE, fps)


def test_frames_without_any_person_are_named() -> None:
    with pytest.raises(RequestError, match=r"no person is to be seen in frames 0 to 59 \(0\.0 s to 2\.0 s\)"):
        follow([_boxes()] * 60, SIZE, 30)


def test_frames_without_this_person_are_named() -> None:
    person, other = _boxes((10, 10, 50, 90)), _boxes((150, 10, 190, 90))
    with pytest.raises(RequestError, match="the person is not to be seen in frames 10 to 39"):
        follow([person] * 10 + [other] * 30 + [person], SIZE, 30)


def test_a_doubtful_box_begins_no_track_but_may_continue_one() -> None:
    doubtful = _boxes((12, 10, 52, 90, 0.15))
    assert main_person(doubtful, SIZE) is None
    boxes = follow([_boxes((10, 10, 50, 90)), doubtful], SIZE, 30)
    assert boxes[1][0] == 12


def test_people_are_counted() -> None:
    assert most_people([_boxes(), _boxes((0, 0, 9, 9), (20, 0, 29, 9), (40, 0, 49, 9, 0.2))]) == 2
    assert most_people([]) == 0

from __future__ import annotations

import numpy as np
import pytest

from wan.variants.animate.preprocess.faces import crop_face, face_box, face_boxes
from wan.variants.animate.preprocess.skeleton import Points

SIZE = (400, 300)


def _face(left: float, right: float, top: float, bottom: float) -> Points:
    points = np.ones((68, 3), np.float32)
    points[:, 0], points[:, 1] = np.linspace(left, right, 68), np.linspace(top, bottom, 68)
    return points


def test_the_box_has_more_area_most_of_it_above_the_brows() -> None:
    box = face_box(_face(100, 200, 100, 200), SIZE)
    assert box is not None
    left, right, top, bottom = box
    assert (right - left) * (bottom - top) == pytest.approx(1.3 * 100 * 100, rel=0.03)
    assert 100 - top == pytest.approx(3 * (bottom - 200), abs=3)
    assert 100 - left == pytest.approx(right - 200, abs=1)


def test_the_box_ends_with_the_frame() -> None:
    assert face_box(_face(-20, 80, -20, 80), SIZE) == (0, 87, 0, 83)
    assert face_box(_face(500, 600, 10, 90), SIZE) is None


def test_where_no_face_is_in_the_frame_the_one_before_stays() -> None:
    here, nowhere = _face(100, 200, 100, 200), _face(500, 600, 10, 90)
    box = face_box(here, SIZE)
    assert face_boxes([nowhere, here, nowhere], SIZE) == [box, box, box]
    assert face_boxes([nowhere], SIZE) == [(0, 400, 0, 300)]


def test_a_face_is_a_square_picture() -> None:
    frame = np.zeros((300, 400, 3), np.uint8)
    frame[50:150, 100:300] = 90
    face = crop_face(frame, (100, 300, 50, 150))
    assert face.shape == (512, 512, 3)
    assert (face == 90).all()

"""The face in a frame, as the motion encoder is shown it: a square picture, stretched."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wan.request import Image, Size
from wan.variants.animate.pictures import resize_linear
from wan.variants.animate.preprocess.skeleton import Points

FACE_SIZE = 512
_MORE_AREA = 1.3
_ABOVE = 0.75  # share of the added height that lies above the points: they end at the brows

FaceBox = tuple[int, int, int, int]
"""Left, right, top, bottom in pixels."""


def face_box(face: Points, size: Size) -> FaceBox | None:
    """The box around a face's points `[68, 3]` with 1.3 times its area, cut to a frame of `size`; None when none of it
    is in the frame. Source: `get_face_bboxes` of the reference's preprocessing."""
    (left, top), (right, bottom) = face[:, :2].min(axis=0).tolist(), face[:, :2].max(axis=0).tolist()
    # both sides grow alike, so that the area grows by as much
    growth = _MORE_AREA**0.5 - 1
    wider, higher = (right - left) * growth, (bottom - top) * growth
    x0, x1 = max(left - wider / 2, 0), min(right + wider / 2, size[0])
    y0, y1 = max(top - higher * _ABOVE, 0), min(bottom + higher * (1 - _ABOVE), size[1])
    box = (int(x0), int(x1), int(y0), int(y1))
    return box if box[0] < box[1] and box[2] < box[3] else None


def face_boxes(faces: Sequence[Points], size: Size) -> list[FaceBox]:
    """A box for every frame: where there is none the nearest earlier one, else the first there is, else the frame."""
    seen = [face_box(face, size) for face in faces]
    last: FaceBox = next((box for box in seen if box is not None), (0, size[0], 0, size[1]))
    boxes = []
    for box in seen:
        last = box or last
        boxes.append(last)
    return boxes


def crop_face(frame: Image, box: FaceBox) -> Image:
    """That part of the frame `[H, W, 3]` as `[512, 512, 3]`."""
    left, right, top, bottom = box
    return resize_linear(np.ascontiguousarray(frame[top:bottom, left:right]), (FACE_SIZE, FACE_SIZE))

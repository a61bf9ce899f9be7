from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wan.errors import CheckpointError
from wan.variants.animate.preprocess.detector import PersonDetector
from wan.variants.animate.preprocess.key import DETECTOR, POSE
from wan.variants.animate.preprocess.onnx_model import OnnxModel


def _rows(*rows: list[float]) -> Any:
    return SimpleNamespace(size=None, path="m.onnx", run=lambda _: np.array([rows], np.float32))


def test_the_person_is_found_where_it_is_in_a_frame_of_any_shape(poses_folder: Path, person_frames: Any) -> None:
    detector = PersonDetector(OnnxModel(poses_folder / DETECTOR))
    (frame,) = person_frames([(320, 60, 480, 300)], (640, 320))
    (box,) = detector.people(frame)
    assert np.allclose(box[:4], (320, 60, 480, 300), atol=1.0)
    assert box[4] == pytest.approx(0.9)


def test_an_empty_frame_has_nobody(poses_folder: Path, person_frames: Any) -> None:
    detector = PersonDetector(OnnxModel(poses_folder / DETECTOR))
    assert detector.people(person_frames([None], (64, 48))[0]).shape == (0, 5)


def test_only_people_count_the_surest_first_and_inside_the_frame() -> None:
    model = _rows(
        [0, 0, 320, 640, 0.4, 0],
        [320, 0, 700, 640, 0.8, 0],
        [0, 0, 100, 100, 0.9, 16],  # a dog
        [0, 0, 100, 100, 0.05, 0],
    )
    boxes = PersonDetector(model).people(np.zeros((100, 200, 3), np.uint8))
    assert boxes.tolist() == [
        [100, 0, 200, 100, pytest.approx(0.8)],
        [0, 0, 100, 100, pytest.approx(0.4)],
    ]


def test_another_model_is_refused(poses_folder: Path) -> None:
    with pytest.raises(CheckpointError, match="a detector of 640x640 is expected"):
        PersonDetector(OnnxModel(poses_folder / POSE))
    other: Any = SimpleNamespace(size=None, path="m.onnx", run=lambda _: np.zeros((1, 84, 8400), np.float32))
    with pytest.raises(CheckpointError, match=r"gives \[1, 84, 8400\]"):
        PersonDetector(other).people(np.zeros((8, 8, 3), np.uint8))

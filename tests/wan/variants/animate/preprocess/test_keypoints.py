from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wan.errors import CheckpointError
from wan.variants.animate.preprocess.key import DETECTOR, POSE
from wan.variants.animate.preprocess.keypoints import PoseEstimator, cut_out, person_region, read_heat_maps
from wan.variants.animate.preprocess.onnx_model import OnnxModel


def _map(x: float, y: float, height: float = 0.8) -> Any:
    rows, columns = np.mgrid[0:64, 0:48]
    return (height * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)).astype(np.float32)


@pytest.mark.parametrize("place", [(20.0, 30.0), (20.3, 30.4), (11.75, 40.5), (24.5, 12.1)])
def test_a_joint_is_read_between_the_pixels(place: tuple[float, float]) -> None:
    places, scores = read_heat_maps(_map(*place)[None])
    assert np.allclose(places[0], place, atol=0.02)
    assert scores[0] == pytest.approx(_map(*place).max())


def test_at_the_edge_the_highest_pixel_is_taken_and_an_empty_map_is_nowhere() -> None:
    places, scores = read_heat_maps(np.stack([_map(0.4, 30), np.zeros((64, 48), np.float32)]))
    assert places.tolist() == [[0, 30], [-1, -1]]
    assert scores[1] == 0


def test_what_is_looked_at_has_the_models_aspect_and_a_margin() -> None:
    left, top, right, bottom = person_region(np.array([100, 100, 150, 300], np.float32))
    assert (bottom - top, right - left) == (250, 188)  # 200 tall, a quarter more, 4 : 3
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((125, 200), abs=1)
    wide = person_region(np.array([0, 0, 300, 100], np.float32))
    assert wide[2] - wide[0] == 375


def test_beyond_the_frame_it_is_black() -> None:
    frame = np.full((40, 30, 3), 200, np.uint8)
    picture = cut_out(frame, (-30, -40, 30, 40))
    assert picture.shape == (256, 192, 3)
    assert (picture[:120, :].max(), picture[140:, 100:].min()) == (0, 200)
    assert cut_out(frame, (100, 100, 160, 180)).max() == 0


def test_joints_are_where_they_are_in_the_frame(poses_folder: Path, figure: Any) -> None:
    estimator = PoseEstimator(OnnxModel(poses_folder / POSE))
    box = np.array([200, 100, 280, 300], np.float32)
    points = estimator.points(np.zeros((400, 600, 3), np.uint8), box)
    left, top, right, bottom = person_region(box)
    wanted = figure * (right - left, bottom - top) + (left, top)
    assert points.shape == (133, 3)
    assert np.abs(points[:, :2] - wanted).max() < 0.5  # a heat map's pixel is 4 pixels of the frame here
    assert points[:, 2].min() > 0.8


def test_another_model_is_refused(poses_folder: Path) -> None:
    with pytest.raises(CheckpointError, match="a pose model of 192x256 is expected"):
        PoseEstimator(OnnxModel(poses_folder / DETECTOR))

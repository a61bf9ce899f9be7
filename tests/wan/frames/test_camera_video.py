from __future__ import annotations

import numpy as np
import pytest

from wan.frames.camera import Pose, parse_camera, pose_at
from wan.frames.camera_video import CameraVideo, camera_control_video, point_cloud, see

SIZE = (160, 96)


def _drift(words: str, frame: int = 16) -> np.ndarray:
    """How the points in the middle part of the picture have moved, on average, in pixels (x, y)."""
    moves = parse_camera(words)
    assert moves is not None
    cloud = point_cloud()
    ahead = cloud[(cloud[:, 2] > 2) & (np.abs(cloud[:, 0] / cloud[:, 2]) < 0.4) & (np.abs(cloud[:, 1]) < 1.5)]
    start, later = (see(ahead, pose_at(moves, at), *SIZE) for at in (0, frame))
    return np.asarray((later - start).mean(axis=0))


def _spread(words: str, frame: int = 16) -> float:
    """How much larger the middle of the picture has become."""
    moves = parse_camera(words)
    assert moves is not None
    cloud = point_cloud()
    ahead = cloud[(cloud[:, 2] > 2) & (np.abs(cloud[:, 0]) < 3)]
    centre = np.array(SIZE) / 2
    start, later = (np.abs(see(ahead, pose_at(moves, at), *SIZE) - centre).mean() for at in (0, frame))
    return float(later / start)


def test_the_picture_moves_against_the_camera() -> None:
    assert _drift("pan left")[0] > 3
    assert _drift("pan right")[0] < -3
    assert _drift("tilt up")[1] > 3
    assert _drift("crane down")[1] < -1
    assert abs(_drift("pan left")[1]) < 1
    assert _drift("slow pan left")[0] == pytest.approx(_drift("pan left", 8)[0])


def test_coming_nearer_makes_everything_larger() -> None:
    assert _spread("zoom in") > 1.05
    assert _spread("zoom out") < 0.95
    assert _spread("dolly in") > 1.02
    assert _spread("dolly out") < 0.98


def test_near_things_move_more_than_far_ones_in_a_dolly_but_not_in_a_zoom() -> None:
    near, far = np.array([[1.0, 0, 3]]), np.array([[4.0, 0, 12]])
    for words, apart in (("truck left", True), ("pan left", False)):
        moves = parse_camera(words)
        assert moves is not None
        shifts = [(see(p, pose_at(moves, 10), *SIZE) - see(p, pose_at(moves, 0), *SIZE))[0, 0] for p in (near, far)]
        assert (abs(shifts[0] - shifts[1]) > 1) == apart


def test_it_is_soft_spots_on_black_that_fill_the_picture() -> None:
    frames = camera_control_video("static", *SIZE, 2)
    assert frames is not None
    assert frames.shape == (2, 96, 160, 3)
    assert frames.dtype == np.uint8
    assert np.array_equal(frames[0], frames[1])
    assert frames.max() == 255
    assert 0.04 < (frames > 20).mean() < 0.8
    for half in (frames[:, :48], frames[:, 48:], frames[:, :, :80], frames[:, :, 80:]):
        assert half.max() > 200


def test_points_come_into_sight_as_the_camera_turns() -> None:
    moves = parse_camera("fast pan right")
    assert moves is not None
    late = CameraVideo(moves, *SIZE).frames(200, 201)
    assert 0.04 < (late > 20).mean() < 0.8


def test_a_part_of_the_video_is_that_part() -> None:
    whole = camera_control_video("orbit left", *SIZE, 12)
    moves = parse_camera("orbit left")
    assert whole is not None
    assert moves is not None
    assert np.array_equal(CameraVideo(moves, *SIZE).frames(5, 9), whole[5:9])


def test_words_without_a_path_give_no_video() -> None:
    assert camera_control_video("handheld close-up", *SIZE, 5) is None


def test_what_lies_behind_is_not_seen() -> None:
    behind = np.array([[0.0, 0, -3]])
    assert len(see(behind, Pose(np.eye(3), np.zeros(3), 1.0), *SIZE)) == 0


def test_two_paths_have_two_digests() -> None:
    digests = {CameraVideo(parse_camera(words) or (), *SIZE).digest for words in ("pan left", "pan right", "static")}
    assert len(digests) == 3

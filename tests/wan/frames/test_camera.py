from __future__ import annotations

import math

import numpy as np
import pytest

from wan.frames.camera import CENTRE, Move, parse_camera, pose_at

TURN, WAY, ZOOM = math.radians(30) / 80, 2 / 80, math.log(1.6) / 80


@pytest.mark.parametrize(
    ("words", "moves"),
    [
        ("pan left", [Move("pan", -TURN)]),
        ("slow pan to the right", [Move("pan", TURN / 2)]),
        ("The camera pans slowly left.", [Move("pan", -TURN / 2)]),
        ("fast tilt up", [Move("tilt", 2 * TURN)]),
        ("tilting down quickly", [Move("tilt", -2 * TURN)]),
        ("zoom in", [Move("zoom", ZOOM)]),
        ("dolly out", [Move("dolly", -WAY)]),
        ("slow push-in", [Move("dolly", WAY / 2)]),
        ("pull back", [Move("dolly", -WAY)]),
        ("orbit left", [Move("orbit", -TURN)]),
        ("roll", [Move("roll", TURN)]),
        ("truck right, crane up", [Move("truck", WAY), Move("crane", WAY)]),
        ("dolly in and slow pan left", [Move("pan", -TURN / 2), Move("dolly", WAY)]),
        ("static", []),
        ("locked-off tripod shot", []),
    ],
)
def test_moves_are_understood(words: str, moves: list[Move]) -> None:
    assert parse_camera(words) == tuple(moves)


@pytest.mark.parametrize("words", ["", "handheld close-up", "follows the boat upstream", "pan", "dramatic"])
def test_words_that_name_no_path_are_no_path(words: str) -> None:
    assert parse_camera(words) is None


def _forward(words: str, frame: int = 80) -> np.ndarray:
    moves = parse_camera(words)
    assert moves is not None
    return np.asarray(pose_at(moves, frame).rotation @ np.array([0.0, 0.0, 1.0]))


def test_turns_look_where_they_say() -> None:
    assert _forward("pan right")[0] == pytest.approx(math.sin(math.radians(30)))
    assert _forward("pan left")[0] == pytest.approx(-math.sin(math.radians(30)))
    assert _forward("tilt up")[1] < 0  # y points down
    assert _forward("tilt down")[1] > 0


def test_ways_go_where_they_say() -> None:
    for words, direction in (
        ("dolly in", (0, 0, 2)),
        ("dolly out", (0, 0, -2)),
        ("truck left", (-2, 0, 0)),
        ("crane up", (0, -2, 0)),
    ):
        moves = parse_camera(words)
        assert moves is not None
        assert pose_at(moves, 80).position == pytest.approx(direction)


def test_an_orbit_keeps_its_centre_in_the_middle_and_its_distance() -> None:
    centre = np.array([0, 0, CENTRE])
    for words in ("orbit left", "orbit right"):
        moves = parse_camera(words)
        assert moves is not None
        pose = pose_at(moves, 60)
        seen = (centre - pose.position) @ pose.rotation
        assert seen == pytest.approx((0, 0, CENTRE))
        assert (pose.position[0] > 0) == ("right" in words)


def test_a_static_camera_stays() -> None:
    pose = pose_at((), 500)
    assert np.array_equal(pose.rotation, np.eye(3))
    assert not pose.position.any()
    assert pose.zoom == 1

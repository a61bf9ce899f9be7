"""Clips of a phone held upright: their frames are stored lying down, with a note how to turn them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from flows.media import StoredVideo, frames_at, middle_frame, probe_video, read_video, video_head

SHIPPED = Path(__file__).parents[3] / "storyboards" / "assets" / "dance_pose.mp4"
ONE = 1 << 16
CLOCKWISE = (0, ONE, -ONE, 0)
"""As a phone's portrait clip has it: what is right in the stored frame belongs at the bottom."""


def turned(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """The shipped video with another matrix in its track's header; that of the whole film comes first, and stays."""
    plain = struct.pack(">9i", ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30)
    film, track, pictures = SHIPPED.read_bytes().split(plain)
    a, b, c, d = matrix
    path.write_bytes(film + plain + track + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + pictures)
    return path


@pytest.mark.parametrize(
    ("matrix", "quarters"),
    [(CLOCKWISE, -1), ((-ONE, 0, 0, -ONE), 2), ((0, -ONE, ONE, 0), 1), ((ONE, 0, 0, ONE), 0)],
)
def test_frames_are_put_upright(tmp_path: Path, matrix: tuple[int, int, int, int], quarters: int) -> None:
    path = turned(tmp_path / "phone.mp4", matrix)
    stored, shown = np.stack(list(read_video(SHIPPED))), np.stack(list(read_video(path)))
    assert stored.shape[1] != stored.shape[2]
    assert np.array_equal(shown, np.rot90(stored, quarters, (1, 2)))
    assert np.array_equal(frames_at(path, [2])[0], shown[2])
    assert any(np.array_equal(middle_frame(path), frame) for frame in shown)


def test_sizes_are_those_of_the_upright_frame(tmp_path: Path) -> None:
    path = turned(tmp_path / "phone.mp4", CLOCKWISE)
    facts, plain = probe_video(path), probe_video(SHIPPED)
    assert (facts.width, facts.height) == (plain.height, plain.width) == video_head(path)[:2]
    assert (facts.num_frames, facts.fps) == (plain.num_frames, plain.fps)
    assert StoredVideo(path, "", plain.fps).frames(0, 1).shape == (1, facts.height, facts.width, 3)

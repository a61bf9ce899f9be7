"""A driving video is read at the rate of the clip it drives: at each moment, the frame that is shown then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import StoredVideo, write_clip


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """30 frames at 30 a second; every pixel of frame n is n."""
    frames = np.repeat(np.arange(30, dtype=np.uint8), 8 * 8 * 3).reshape(30, 8, 8, 3)
    return write_clip(frames, 30.0, tmp_path / "video.mkv")


def shown(video: StoredVideo, start: int, stop: int) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in video.frames(start, stop)]


def test_at_its_own_rate_nothing_changes(video: Path) -> None:
    read = StoredVideo(video, "d", 30.0)
    assert read.num_frames == 30
    assert shown(read, 0, 30) == list(range(30))
    assert shown(read, 10, 13) == [10, 11, 12]


@pytest.mark.parametrize("fps", [16.0, 15.0, 24.0, 60.0, 50.0])
def test_at_another_rate_each_moment_shows_what_is_shown_then(video: Path, fps: float) -> None:
    read = StoredVideo(video, "d", fps)
    assert read.num_frames == round(fps)
    assert shown(read, 0, 1000) == [int(number * 30 / fps + 1e-6) for number in range(round(fps))]
    assert shown(read, 5, 9) == shown(read, 0, 1000)[5:9]


def test_frames_that_are_not_shown_are_not_made(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.media.shown import Screen

    made: list[int] = []
    plain = Screen.show
    monkeypatch.setattr(Screen, "show", lambda screen, frame: made.append(frame.pts) or plain(screen, frame))
    StoredVideo(video, "d", 5.0).frames(0, 3)
    assert len(made) == 3


def test_past_its_end_there_is_nothing(video: Path) -> None:
    read = StoredVideo(video, "d", 30.0)
    assert shown(read, 28, 40) == [28, 29]
    assert len(read.frames(30, 40)) == 0


def test_what_is_no_video_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_text("no video")
    with pytest.raises(MediaError):
        StoredVideo(tmp_path / "x.mp4", "d", 16.0).frames(0, 1)


def test_read_piece_after_piece_a_video_is_decoded_once(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.media import ForwardVideo, stored_video

    passes: list[Path] = []
    plain = stored_video.play
    monkeypatch.setattr(stored_video, "play", lambda path, *at: passes.append(path) or plain(path, *at))
    stored = StoredVideo(video, "d", 60.0)
    read = ForwardVideo(stored)
    assert (read.num_frames, read.digest) == (60, "d")
    pieces = [read.frames(start, start + 7) for start in range(0, 60, 7)]
    assert len(passes) == 1
    assert np.array_equal(np.concatenate(pieces), stored.frames(0, 60))
    assert np.array_equal(read.frames(20, 25), stored.frames(20, 25))
    assert np.array_equal(read.frames(0, 3), stored.frames(0, 3))
    assert len(read.frames(60, 70)) == 0

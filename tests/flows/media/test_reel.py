"""Frames are shown at the moments that their file says, whatever the container and wherever reading begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.media import StoredVideo, probe_video, video_head
from tests.flows.media.conftest import Encode, timed_video, told

UNEVEN = (0, 100, 200, 300, 400, 420, 440, 460, 480, 500)
HELD = (0, 100, 2100, 2200)
GAP = (0, 40, 80, 1080, 1120)
LATE = (500, 600, 1600)


def expected(times: tuple[int, ...], last: int, fps: float) -> list[int]:
    start, frames = times[0], round((times[-1] + last - times[0]) / 1000 * fps)
    moments = [start + 1000 * n / fps for n in range(frames)]
    return [max(k for k, time in enumerate(times) if time <= moment + 1e-6) for moment in moments]


@pytest.mark.parametrize("times", [UNEVEN, HELD, GAP, LATE])
@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.webm", "v.mov"])
def test_each_moment_shows_what_is_shown_then(tmp_path: Path, times: tuple[int, ...], name: str) -> None:
    codec = "libvpx-vp9" if name.endswith("webm") else "libx264"
    path = timed_video(tmp_path / name, times, codec=codec, bf=2)
    for fps in (16.0, 24.0, 50.0):
        video = StoredVideo(path, "", fps)
        wanted = expected(times, 100, fps)
        shown = told(video.frames(0, len(wanted)))
        assert shown == wanted[: len(shown)]
        assert abs(video.num_frames - len(wanted)) <= 0.1 * fps + 1  # containers guess the last one's length
    assert "times" in probe_video(path).treated
    assert video_head(path).seconds == pytest.approx(probe_video(path).seconds, abs=1e-6)


@pytest.mark.parametrize(("name", "codec"), [("v.gif", "gif"), ("v.apng", "apng")])
def test_animations_have_delays_of_their_own(tmp_path: Path, name: str, codec: str) -> None:
    path = timed_video(tmp_path / name, (0, 100, 1700, 2000), last_ms=300, codec=codec)
    video = StoredVideo(path, "", 10.0)
    assert told(video.frames(0, 20)) == [0, *[1] * 16, *[2] * 3]
    assert video_head(path).seconds == pytest.approx(probe_video(path).seconds)
    long = timed_video(tmp_path / f"long-{name}", range(0, 2000, 80), last_ms=80, codec=codec)
    assert video_head(long).seconds == pytest.approx(probe_video(long).seconds) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("v.mp4", ("-c:v", "libx264", "-bf", "3", "-g", "12")),
        ("open.mkv", ("-c:v", "libx264", "-bf", "3", "-g", "12", "-x264-params", "open-gop=1")),
        ("v.mkv", ("-c:v", "libx265", "-g", "12", "-x265-params", "log-level=error:open-gop=1")),
        ("v.webm", ("-c:v", "libvpx-vp9", "-g", "12", "-deadline", "realtime")),
        ("v.ts", ("-c:v", "libx264", "-bf", "2", "-g", "12")),
        ("v.avi", ("-c:v", "mpeg4", "-bf", "2", "-g", "12")),
        ("i.mp4", ("-c:v", "libx264", "-flags", "+ildct+ilme", "-x264opts", "tff=1", "-g", "12")),
        (
            "v.mov",
            (
                "-c:v",
                "prores_ks",
            ),
        ),
    ],
)
def test_wherever_reading_begins_the_frames_are_the_same(ffmpeg: Encode, name: str, coding: tuple[str, ...]) -> None:
    path = ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=4", *coding, name)
    video = StoredVideo(path, "", 16.0)
    whole = video.frames(0, video.num_frames)
    assert len(whole) == 64
    for start in (17, 31, 47, 63):
        assert np.array_equal(video.frames(start, start + 3), whole[start : start + 3])


def test_a_recording_that_changes_its_size_keeps_the_first(ffmpeg: Encode, tmp_path: Path) -> None:
    sizes = ("96x64", "48x32")
    parts = [ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d=2", "-g", "12", f"{size}.ts") for size in sizes]
    (tmp_path / "both.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    video = StoredVideo(tmp_path / "both.ts", "", 5.0)
    frames = video.frames(0, 40)
    assert frames.shape[1:] == (64, 96, 3)
    assert len(frames) == video.num_frames

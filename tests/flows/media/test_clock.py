"""When each frame is shown: times that were rounded, out of order, cut."""

from __future__ import annotations

import numpy as np
import pytest

from flows.media import StoredVideo, probe_video, video_head
from tests.flows.media.conftest import Encode

UNEVEN = (0, 100, 200, 300, 400, 420, 440, 460, 480, 500)


HELD = (0, 100, 2100, 2200)


GAP = (0, 40, 80, 1080, 1120)


LATE = (500, 600, 1600)


def expected(times: tuple[int, ...], last: int, fps: float) -> list[int]:
    start, frames = times[0], round((times[-1] + last - times[0]) / 1000 * fps)
    moments = [start + 1000 * n / fps for n in range(frames)]
    return [max(k for k, time in enumerate(times) if time <= moment + 1e-6) for moment in moments]


def test_rounded_times_are_those_that_were_meant(ffmpeg: Encode) -> None:
    path = ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x36:r=24000/1001:d=3", "-bf", "2", "v.mkv")
    facts = probe_video(path)
    assert facts.clock.tick == 0.001
    assert (facts.treated, facts.num_frames) == ((), 72)
    assert facts.seconds == pytest.approx(72 * 1001 / 24000, abs=1e-9)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_an_avi_with_frames_out_of_order_is_read_in_order(ffmpeg: Encode, codec: str) -> None:
    source = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=10:d=2", "-c:v", codec, "-bf", "2", "-g", "12", "-q:v", "1")
    avi, mp4 = ffmpeg(*source, "v.avi"), ffmpeg(*source, "v.mp4")
    frames = [StoredVideo(path, "", 10.0).frames(0, 20) for path in (avi, mp4)]
    assert probe_video(avi).seconds == 2.0
    assert np.abs(frames[0].astype(int) - frames[1]).mean() < 1


def test_a_trimmed_video_is_as_long_as_its_edit_list(ffmpeg: Encode) -> None:
    whole = ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x36:r=30:d=3", "-g", "90", "-bf", "2", "whole.mp4")
    cut = ffmpeg("-ss", "2", "-i", str(whole), "-c", "copy", "cut.mp4")
    facts = probe_video(cut)
    assert (facts.num_frames, facts.seconds, facts.treated) == (30, 1.0, ())
    assert video_head(cut).seconds == 1.0
    read, original = StoredVideo(cut, "", 30.0), StoredVideo(whole, "", 30.0)
    assert np.array_equal(read.frames(0, 30), original.frames(60, 90))


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv"])
def test_a_video_that_was_cut_off_is_as_long_as_what_is_there(ffmpeg: Encode, name: str) -> None:
    path = ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=4", "-g", "25", "-movflags", "+faststart", name
    )  # fmt: skip
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    head, facts = video_head(path), probe_video(path)
    assert head.promised == 4.0
    assert head.seconds == pytest.approx(facts.seconds)
    assert 0.5 < facts.seconds < 3.5
    video = StoredVideo(path, "", 16.0)
    assert len(video.frames(0, 1000)) == video.num_frames == round(facts.seconds * 16)

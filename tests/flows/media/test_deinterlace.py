"""Whole frames are made of fields."""

from __future__ import annotations

import av
import numpy as np
import pytest

from flows.media import probe_video, read_video
from tests.flows.media.conftest import Encode

BARS = "testsrc2=s=64x48:r=10:d=1"


@pytest.mark.parametrize(("name", "codec"), [("i.mp4", "libx264"), ("i.mpg", "mpeg2video")])
def test_interlaced_frames_are_made_whole(ffmpeg: Encode, name: str, codec: str) -> None:
    moving = "color=white:s=96x64:r=50:d=1[b];color=black:s=16x64:r=50:d=1[f];[b][f]overlay=x=80*t:y=0"
    woven = f"{moving},tinterlace=interleave_top,fieldorder=tff"
    path = ffmpeg(
        "-f", "lavfi", "-i", woven, "-c:v", codec, "-pix_fmt", "yuv420p", "-flags", "+ildct+ilme", "-q:v", "2",
        "-g", "1", name,
    )  # fmt: skip
    assert "interlaced" in probe_video(path).treated
    with av.open(str(path)) as container:
        combed = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    whole = list(read_video(path))
    assert len(whole) == len(combed)

    def comb(frames: list[np.ndarray]) -> float:
        return float(np.mean([np.abs(np.diff(frame[8:56, :, 0].astype(int), axis=0)).mean() for frame in frames[3:-3]]))

    assert comb(whole) < comb(combed) / 3

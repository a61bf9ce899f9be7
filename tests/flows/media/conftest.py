"""Videos made with the shipped ffmpeg, and with PyAV where every frame has a time of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

Encode = Callable[..., Path]


@pytest.fixture
def ffmpeg(tmp_path: Path) -> Encode:
    """Runs ffmpeg with the given arguments; the last one is the name of the file that is made."""

    def run(*arguments: str) -> Path:
        made = tmp_path / arguments[-1]
        command = [get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *arguments[:-1], str(made)]
        subprocess.run(command, check=True, timeout=60)
        return made

    return run


def grey(number: int, height: int = 36, width: int = 64) -> np.ndarray:
    """Frame `number`: all of one grey, which tells it from 24 others."""
    return np.full((height, width, 3), 10 * number, np.uint8)


def noise(frames: int = 5, height: int = 18, width: int = 32) -> np.ndarray:
    """Frames that no encoder likes."""
    return np.random.default_rng(3).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)


def timed_video(path: Path, times_ms: Sequence[int], last_ms: int = 100, **stream: object) -> Path:
    """Frame n (`grey(n)`) is shown from `times_ms[n]` on."""
    codec = str(stream.pop("codec", "libx264"))
    options = {str(key): str(value) for key, value in stream.items()}
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=round(1000 / last_ms), options=options)
        video.width, video.height = 64, 36
        video.pix_fmt = {
            "libx264": "yuv420p",
            "mpeg4": "yuv420p",
            "libvpx-vp9": "yuv420p",
            "apng": "rgb24",
            "gif": "rgb8",
        }[codec]
        video.time_base = video.codec_context.time_base = Fraction(1, 1000)
        for number, time in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(grey(number), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            frame.duration = (times_ms[number + 1] if number + 1 < len(times_ms) else time + last_ms) - time
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def told(frames: np.ndarray) -> list[int]:
    """The numbers of `grey` frames."""
    return [round(float(frame.mean()) / 10) for frame in frames]

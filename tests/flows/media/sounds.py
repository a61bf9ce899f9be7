"""Sound files of every make, written by the real ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np


def write_sound(path: Path, samples: np.ndarray, rate: int = 48_000, *options: str) -> Path:
    """`samples` `[N]` or `[N, channels]` in [−1, 1], as the name's ending and ffmpeg's `options` have it."""
    channels = samples.shape[1] if samples.ndim > 1 else 1
    source = ["-f", "f32le", "-ar", str(rate), "-ac", str(channels), "-i", "pipe:0"]
    run_ffmpeg(*source, *options, str(path), given=np.ascontiguousarray(samples, np.float32).tobytes())
    return path


def run_ffmpeg(*arguments: str, given: bytes = b"") -> None:
    binary = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([binary, "-y", "-loglevel", "error", *arguments], input=given, check=True)


def tone(seconds: float, rate: int = 48_000, frequency: float = 440.0, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)

"""How long sound files are."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import probe_audio, read_audio, write_clip


def tone(path: Path, seconds: float, rate: int = 48_000) -> Path:
    samples = (np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 440 / rate) * 12_000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def test_seconds_are_counted_in_samples(tmp_path: Path) -> None:
    assert probe_audio(tone(tmp_path / "a.wav", 1.25)) == pytest.approx(1.25, abs=1e-6)


def test_text_and_silent_video_hold_no_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(MediaError, match=r"a\.wav"):
        probe_audio(tmp_path / "a.wav")
    clip = write_clip(np.zeros((2, 16, 16, 3), np.uint8), 24.0, tmp_path / "b.mkv")
    with pytest.raises(MediaError, match="holds no sound"):
        probe_audio(clip)


def test_samples_keep_their_rate_and_channels_are_averaged(tmp_path: Path) -> None:
    samples, rate = read_audio(tone(tmp_path / "a.wav", 0.5, 22_050))
    assert (samples.shape, samples.dtype, rate) == ((11_025,), np.float32, 22_050)
    assert float(samples.max()) == pytest.approx(12_000 / 32_768, rel=1e-3)
    left = (np.ones(400) * 16_384).astype("<i2")
    with wave.open(str(tmp_path / "b.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(np.stack([left, np.zeros_like(left)], axis=1).tobytes())
    samples, rate = read_audio(tmp_path / "b.wav")
    assert (samples.shape, rate) == ((400,), 8_000)
    assert samples == pytest.approx(0.25)


def test_a_file_without_sound_has_no_samples(tmp_path: Path) -> None:
    clip = write_clip(np.zeros((2, 16, 16, 3), np.uint8), 24.0, tmp_path / "b.mkv")
    with pytest.raises(MediaError, match="holds no sound"):
        read_audio(clip)

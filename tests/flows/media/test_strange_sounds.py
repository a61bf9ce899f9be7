"""Sounds of many channels, rates and makes; cut, late, damaged, with several streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import audio_head, probe_audio, probe_sound, promised_seconds, read_audio
from tests.flows.media.sounds import run_ffmpeg, tone, write_sound

PICTURE = ("-f", "lavfi", "-i", "color=c=red:s=32x32:r=10:d=2")


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 6, 7, 8, 9, 12, 16, 32])
def test_any_number_of_channels_is_averaged(tmp_path: Path, channels: int) -> None:
    wanted = tone(0.25)
    path = write_sound(tmp_path / "a.wav", np.repeat(wanted[:, None], channels, axis=1))
    samples, rate = read_audio(path)
    assert (rate, samples.dtype, len(samples)) == (48_000, np.float32, 12_000)
    assert samples == pytest.approx(wanted, abs=1e-3)
    assert len(probe_sound(path).channels) == channels


@pytest.mark.parametrize(
    ("name", "options", "rate", "channels"),
    [
        ("a.flac", (), 48_000, 8),
        ("a.m4a", (), 44_100, 8),
        ("a.flac", ("-sample_fmt", "s32"), 192_000, 2),
        ("a.wav", ("-c:a", "pcm_s24le"), 44_056, 2),
        ("a.wav", ("-c:a", "pcm_f64le"), 8_000, 8),
        ("a.wav", ("-c:a", "pcm_u8"), 11_025, 1),
        ("a.wav", ("-c:a", "pcm_mulaw"), 8_000, 1),
        ("a.aiff", ("-c:a", "pcm_s24be"), 96_000, 2),
        ("a.ogg", ("-c:a", "libopus"), 48_000, 6),
        ("a.mp3", (), 22_050, 2),
    ],
)
def test_every_make_gives_its_samples(
    tmp_path: Path, name: str, options: tuple[str, ...], rate: int, channels: int
) -> None:
    wanted = tone(0.5, rate, 300)
    path = write_sound(tmp_path / name, np.repeat(wanted[:, None], channels, axis=1), rate, *options)
    samples, found = read_audio(path)
    assert found == rate
    assert probe_audio(path) == pytest.approx(len(samples) / rate) == pytest.approx(0.5, abs=0.07)
    middle = slice(rate // 8, rate * 3 // 8)
    assert float(np.abs(samples[middle]).max()) == pytest.approx(0.5, abs=0.1)
    at = int(np.argmax(np.abs(np.fft.rfft(samples[middle]))))
    assert at / 0.25 == pytest.approx(300, abs=4)


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.ogg", "a.flac"])
def test_what_encoders_put_before_a_sound_is_not_heard(tmp_path: Path, name: str) -> None:
    sound = np.concatenate([np.zeros(24_000), tone(0.5)])
    samples, rate = read_audio(write_sound(tmp_path / name, sound))
    assert int(np.argmax(np.abs(samples) > 0.1)) / rate == pytest.approx(0.5, abs=0.004)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov"])
def test_sound_that_sets_in_after_the_picture_is_late(tmp_path: Path, name: str) -> None:
    sound = write_sound(tmp_path / "talk.wav", tone(1.0))
    path = tmp_path / name
    run_ffmpeg(*PICTURE, "-itsoffset", "0.5", "-i", str(sound), "-map", "0:v", "-map", "1:a", str(path))
    samples, rate = read_audio(path)
    assert int(np.argmax(np.abs(samples) > 0.1)) / rate == pytest.approx(0.5, abs=0.005)
    assert probe_audio(path) == pytest.approx(len(samples) / rate, abs=1e-3)
    assert probe_sound(path).late == pytest.approx(0.5, abs=0.03)
    longest = 2.0 if name == "a.mkv" else probe_audio(path)  # Matroska says how long the whole file is
    assert audio_head(path) == pytest.approx(longest, abs=0.05)


def test_a_commentary_is_not_taken_for_the_sound(tmp_path: Path) -> None:
    low, high = (write_sound(tmp_path / f"{hz}.wav", tone(0.5, frequency=hz)) for hz in (200, 900))
    path = tmp_path / "two.mkv"
    roles = ("-disposition:a:0", "comment", "-disposition:a:1", "default")
    run_ffmpeg("-i", str(low), "-i", str(high), "-map", "0:a", "-map", "1:a", *roles, str(path))
    samples, rate = read_audio(path)
    assert int(np.argmax(np.abs(np.fft.rfft(samples)))) * rate / len(samples) == pytest.approx(900, abs=4)
    assert probe_sound(path).stream == 1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", ()),
        ("a.wav", ("-c:a", "pcm_s24le")),
        ("a.wav", ("-c:a", "pcm_f32le")),
        ("a.wav", ("-c:a", "pcm_alaw")),
        ("a.flac", ()),
        ("a.m4a", ("-movflags", "+faststart")),
        ("a.aiff", ()),
    ],
)
def test_a_cut_file_gives_what_is_there_and_says_what_was(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    noise = np.random.default_rng(1).normal(0, 0.2, 48_000)
    path = write_sound(tmp_path / name, noise, 48_000, *options)
    assert promised_seconds(path) == pytest.approx(1.0, abs=0.01)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    assert promised_seconds(path) == pytest.approx(1.0, abs=0.01)
    assert 0.3 < probe_audio(path) < 0.7
    samples, rate = read_audio(path)
    assert len(samples) / rate == pytest.approx(probe_audio(path), abs=1e-3)
    if name == "a.wav":
        assert audio_head(path) == pytest.approx(probe_audio(path), abs=0.01)


def test_a_sample_is_a_sound_and_none_is_not(tmp_path: Path) -> None:
    assert probe_audio(write_sound(tmp_path / "one.wav", np.ones(1) * 0.5)) == pytest.approx(1 / 48_000)
    assert read_audio(tmp_path / "one.wav")[0] == pytest.approx([0.5], abs=1e-3)
    with pytest.raises(MediaError, match=r"none\.wav: holds no sound"):
        probe_audio(write_sound(tmp_path / "none.wav", np.ones(0)))


def test_samples_that_are_no_numbers_are_found_before_anything_is_rendered(tmp_path: Path) -> None:
    broken = tone(0.1)
    broken[100] = np.nan
    with pytest.raises(MediaError, match="no numbers"):
        probe_audio(write_sound(tmp_path / "a.wav", broken, 48_000, "-c:a", "pcm_f32le"))

"""However loud and in however many channels: nothing clips, on every way through the mix, in every deliverable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.edit import Voice, edit_film
from flows.settings import FilmSettings
from flows.storyboard.model import Deliverable, Music
from tests.flows.edit.conftest import MakeTimeline, samples
from tests.flows.media.sounds import run_ffmpeg, tone, write_sound

MASTER = Deliverable("master", video="prores")


def heard(path: Path) -> np.ndarray:
    """`[channels, samples]` in [−1, 1]."""
    sound = samples(path)
    if sound.dtype == np.int16:
        sound = sound.reshape(-1, 2).T / 32768
    return sound


def harmonic(sound: np.ndarray, frequency: float) -> float:
    """The third harmonic as a share of the tone: what clipping makes of it first."""
    part = sound[9_600:48_000]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))

    def at(hz: float) -> float:
        middle = round(hz * len(part) / 48_000)
        return float(spectrum[middle - 2 : middle + 3].max())

    return at(3 * frequency) / at(frequency)


@pytest.mark.parametrize("kind", ["surround", "hot music", "voices", "said in a shot", "all together"])
def test_no_way_of_the_mix_clips(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, kind: str) -> None:
    loud = tone(1.6, frequency=220, level=0.88)
    one = write_sound(tmp_path / "one.flac", loud)
    six = write_sound(tmp_path / "six.flac", np.repeat(loud[:, None], 6, axis=1))
    hot = write_sound(tmp_path / "hot.wav", 5 * loud, 48_000, "-c:a", "pcm_f32le")
    mixes: dict[str, dict[str, object]] = {
        "surround": {"music": Music(six)},
        "hot music": {"music": Music(hot, gain_db=3.0)},
        "voices": {"voices": (Voice(one, 0), Voice(one, 0, -1.0))},
        "said in a shot": {"voices": (Voice(hot, 0, 0.0, 1.5),)},
        "all together": {"music": Music(six, duck=True), "voices": (Voice(one, 0), Voice(hot, 0))},
    }
    film = edit_film(film_of([(36, "cut", 0)], deliver=(MASTER,), **mixes[kind]), tmp_path / "o/film.mp4", settings)
    for path in (film, film.with_name("master.mov")):
        sound = heard(path)
        assert 0.8 < np.abs(sound).max() < 0.95
        assert harmonic(sound[0], 220) < 0.005


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 7, 8, 9, 12, 16, 32])
def test_any_number_of_channels_is_heard_on_both_sides(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, channels: int
) -> None:
    bed = write_sound(tmp_path / "bed.wav", np.repeat(tone(0.6)[:, None], channels, axis=1))
    timeline = film_of([(12, "cut", 0)], music=Music(bed), deliver=(MASTER,))
    sound = heard(edit_film(timeline, tmp_path / "o/film.mp4", settings).with_name("master.mov"))
    assert sound.shape == (2, 24_000)
    assert np.abs(sound[:, 2_400:-2_400]).max(axis=1) == pytest.approx([0.5, 0.5], abs=0.02)


def test_sound_that_sets_in_late_is_heard_late_and_commentary_is_not(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    wanted = write_sound(tmp_path / "wanted.wav", tone(1.0, frequency=900))
    spoken = write_sound(tmp_path / "spoken.wav", tone(1.5, frequency=200))
    voice = tmp_path / "voice.mkv"
    roles = ("-disposition:a:0", "comment", "-disposition:a:1", "default")
    inputs = ("-i", str(spoken), "-itsoffset", "0.5", "-i", str(wanted))
    run_ffmpeg(*inputs, "-map", "0:a", "-map", "1:a", "-c:a", "flac", *roles, str(voice))
    film = edit_film(film_of([(36, "cut", 0)], voices=(Voice(voice, 0.25),)), tmp_path / "film.mp4", settings)
    sound = heard(film)[0]
    assert int(np.argmax(np.abs(sound) > 0.05)) / 48_000 == pytest.approx(0.75, abs=0.005)
    spectrum = np.abs(np.fft.rfft(sound[38_400:62_400]))
    assert int(np.argmax(spectrum)) * 2 == pytest.approx(900, abs=4)

"""What is heard: the bed with its gain and fades, looped or cut; voices at their cues; the bed ducked under them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.edit import Voice, edit_film
from flows.settings import FilmSettings
from flows.storyboard.model import Music
from tests.flows.edit.conftest import MakeTimeline, samples, write_tone


def loudness(sound: np.ndarray, begin: float, end: float, frequency: float | None = None) -> float:
    """RMS of the left channel between two moments (seconds), in dB; of one frequency alone if that is given."""
    part = sound[0, round(begin * 48_000) : round(end * 48_000)]
    if frequency is not None:
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) / len(part) * 2 * 2
        nearest = round(frequency * len(part) / 48_000)
        return float(20 * np.log10(spectrum[nearest - 3 : nearest + 4].max() / np.sqrt(2) + 1e-9))
    return float(20 * np.log10(np.sqrt(np.mean(part**2)) + 1e-9))


def test_without_a_soundtrack_there_is_silence(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    sound = samples(edit_film(film_of([(24, "cut", 0)]), tmp_path / "film.mp4", settings))
    assert sound.shape[0] == 2
    assert np.abs(sound).max() < 1e-4


def test_the_bed_has_its_gain_and_fades(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    bed = write_tone(tmp_path / "bed.wav", 5.0, level=0.5)
    timeline = film_of([(36, "cut", 0), (36, "cut", 0)], music=Music(bed, gain_db=-6.0, fade_in=1.0, fade_out=1.0))
    sound = samples(edit_film(timeline, tmp_path / "film.mp4", settings))
    assert loudness(sound, 1.2, 1.8) == pytest.approx(-6.02 - 3.01 - 6.0, abs=0.3)
    assert loudness(sound, 0.0, 0.2) < loudness(sound, 0.4, 0.6) < loudness(sound, 1.2, 1.8)
    assert loudness(sound, 2.8, 3.0) < loudness(sound, 2.4, 2.6) < loudness(sound, 1.2, 1.8)


def test_a_short_bed_is_looped_without_a_gap(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    bed = write_tone(tmp_path / "bed.wav", 0.5, frequency=400)  # 200 whole waves: the loop is seamless
    sound = samples(edit_film(film_of([(36, "cut", 0)] * 2, music=Music(bed)), tmp_path / "film.mp4", settings))
    levels = [loudness(sound, k / 20, (k + 1) / 20) for k in range(1, 58)]
    assert max(levels) - min(levels) < 0.5


def test_a_mono_bed_of_another_rate_is_heard_on_both_sides(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    bed = write_tone(tmp_path / "bed.wav", 2.0, rate=22_050)
    sound = samples(edit_film(film_of([(36, "cut", 0)], music=Music(bed)), tmp_path / "film.mp4", settings))
    assert loudness(sound, 0.2, 1.2, 440) == pytest.approx(loudness(sound[::-1], 0.2, 1.2, 440), abs=0.1)
    assert loudness(sound, 0.2, 1.2, 440) > -20


def test_the_same_recording_may_be_heard_twice(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    file = write_tone(tmp_path / "voice.wav", 0.25)
    timeline = film_of([(36, "cut", 0)], voices=(Voice(file, 0.25), Voice(file, 1.0)), music=Music(file, gain_db=-60))
    sound = samples(edit_film(timeline, tmp_path / "film.mp4", settings))
    assert [loudness(sound, k / 4 + 0.05, k / 4 + 0.2) > -20 for k in range(6)] == [
        False,
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_voice_begins_at_its_cue_and_is_cut_at_the_end(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    voice = Voice(write_tone(tmp_path / "voice.wav", 5.0), at=1.0)
    sound = samples(edit_film(film_of([(36, "cut", 0)], voices=(voice,)), tmp_path / "film.mp4", settings))
    begins = int(np.argmax(np.abs(sound[0]) > 0.05)) / 48_000
    assert begins == pytest.approx(1.0, abs=0.005)
    assert abs(sound.shape[1] / 48_000 - 1.5) <= 1 / 24


def test_what_is_said_in_a_shot_ends_with_it(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    voice = Voice(write_tone(tmp_path / "voice.wav", 5.0), at=0.5, seconds=0.5)
    timeline = film_of([(24, "cut", 0), (24, "cut", 0)], voices=(voice,))
    sound = samples(edit_film(timeline, tmp_path / "film.mp4", settings))
    assert [loudness(sound, k / 4 + 0.05, k / 4 + 0.2) > -20 for k in range(8)] == [
        *[False] * 2,
        *[True] * 2,
        *[False] * 4,
    ]


@pytest.mark.parametrize("kind", ["dissolve", "fade_black", "slide_left"])
def test_the_sounds_of_two_shots_cross_with_their_pictures_at_equal_power(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, kind: str
) -> None:
    one = Voice(write_tone(tmp_path / "one.wav", 4.0, 300, 0.3), at=0.0, seconds=2.0, fade_out=1.0)
    other = Voice(write_tone(tmp_path / "other.wav", 4.0, 1000, 0.3), at=1.0, seconds=2.0, fade_in=1.0)
    timeline = film_of([(48, "cut", 0), (48, kind, 24)], voices=(one, other))
    sound = samples(edit_film(timeline, tmp_path / "film.mp4", settings))
    alone = loudness(sound, 0.3, 0.7)
    crossing = [loudness(sound, 1 + k / 10, 1.1 + k / 10) for k in range(10)]
    assert crossing == pytest.approx([alone] * 10, abs=0.4)
    goes, comes = (
        np.array([loudness(sound, 1 + k / 10, 1.1 + k / 10, tone) for k in range(10)]) for tone in (300, 1000)
    )
    assert (np.diff(goes) < 0).all()
    assert (np.diff(comes) > 0).all()
    assert loudness(sound, 1.45, 1.55, 300) == pytest.approx(alone - 3.01, abs=0.4)
    assert loudness(sound, 1.45, 1.55, 1000) == pytest.approx(alone - 3.01, abs=0.4)
    assert loudness(sound, 2.1, 2.9, 300) < -60


def test_a_cut_lets_every_shot_sound_at_full_level_to_its_last_frame(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    voice = Voice(write_tone(tmp_path / "voice.wav", 5.0), at=0.0, seconds=1.0)
    sound = samples(edit_film(film_of([(24, "cut", 0), (24, "cut", 0)], voices=(voice,)), tmp_path / "f.mp4", settings))
    assert loudness(sound, 0.9, 0.98) == pytest.approx(loudness(sound, 0.3, 0.7), abs=0.3)


@pytest.mark.parametrize(("duck", "least", "most"), [(True, 6.0, 30.0), (False, -0.5, 0.5)])
def test_the_bed_is_lower_while_someone_speaks_only_when_asked(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, duck: bool, least: float, most: float
) -> None:
    bed = write_tone(tmp_path / "bed.wav", 4.0, frequency=300, level=0.2)
    voice = Voice(write_tone(tmp_path / "voice.wav", 1.0, frequency=1000, level=0.3), at=1.5)
    timeline = film_of([(40, "cut", 0), (40, "cut", 0), (16, "cut", 0)], music=Music(bed, duck=duck), voices=(voice,))
    sound = samples(edit_film(timeline, tmp_path / "film.mp4", settings))
    lower = loudness(sound, 0.5, 1.3, 300) - loudness(sound, 1.8, 2.4, 300)
    assert least < lower < most
    assert loudness(sound, 1.8, 2.4, 1000) == pytest.approx(20 * np.log10(0.3 / np.sqrt(2)), abs=0.6)
    assert loudness(sound, 3.5, 3.9, 300) == pytest.approx(loudness(sound, 0.5, 1.3, 300), abs=0.6)


def test_loud_sources_together_do_not_clip(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    bed = write_tone(tmp_path / "bed.wav", 2.0, frequency=300, level=0.9)
    voice = Voice(write_tone(tmp_path / "voice.wav", 1.0, frequency=1000, level=0.9), at=0.2)
    timeline = film_of([(36, "cut", 0)], music=Music(bed), voices=(voice,))
    sound = samples(edit_film(timeline, tmp_path / "film.mp4", settings))
    assert np.abs(sound).max() <= 1.05

"""Every frame where it belongs, for every transition; sizes and rates that differ."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from flows.edit import SourceRange, edit_film
from flows.media import write_clip
from flows.settings import FilmSettings
from flows.transitions import TRANSITIONS
from tests.flows.edit.conftest import HEIGHT, WIDTH, MakeTimeline, decoded, pictures


def test_cuts_show_every_frame_of_every_clip_once(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(5, "cut", 0), (9, "cut", 0), (1, "cut", 0), (7, "cut", 0)])
    film = edit_film(timeline, tmp_path / "out" / "film.mp4", settings)
    expected = [(clip, k) for clip, count in enumerate((5, 9, 1, 7)) for k in range(count)]
    assert [decoded(frame) for frame in pictures(film)] == expected
    assert [path.name for path in film.parent.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("rate", [Fraction(16), Fraction(24), Fraction(30000, 1001)])
def test_a_dissolve_overlaps_exactly_its_frames(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, rate: Fraction
) -> None:
    timeline = film_of([(20, "cut", 0), (20, "dissolve", 6), (12, "dissolve", 1), (10, "cut", 0)], rate)
    assert timeline.num_frames == 20 + 14 + 11 + 10
    shown = pictures(edit_film(timeline, tmp_path / "film.mp4", settings))
    assert len(shown) == timeline.num_frames
    assert [decoded(frame) for frame in shown[:14]] == [(0, k) for k in range(14)]
    assert [decoded(frame) for frame in shown[20:33]] == [(1, k) for k in range(6, 19)]
    assert [decoded(frame) for frame in shown[34:45]] == [(2, k) for k in range(1, 12)]
    assert [decoded(frame) for frame in shown[45:]] == [(3, k) for k in range(10)]
    reds = [float(np.median(frame[..., 0])) for frame in shown[14:20]]
    assert reds == pytest.approx([40 + 30 * (k + 0.5) / 6 for k in range(6)], abs=3)


def test_a_fade_goes_through_black_in_the_middle(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(20, "cut", 0), (20, "fade_black", 8)])
    shown = pictures(edit_film(timeline, tmp_path / "film.mp4", settings))
    assert len(shown) == 32
    assert decoded(shown[11]) == (0, 11)
    assert decoded(shown[20]) == (1, 8)
    assert shown[15].mean() < 4
    assert shown[16].mean() < 4
    light = [float(frame.mean()) for frame in shown]
    assert light[11] > light[13] > light[15]
    assert light[16] < light[18] < light[20]


@pytest.mark.parametrize("kind", sorted(set(TRANSITIONS) - {"cut"}))
def test_every_transition_keeps_the_frames_around_it(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, kind: str
) -> None:
    timeline = film_of([(12, "cut", 0), (14, kind, 5), (9, kind, 4)])
    shown = [decoded(frame) for frame in pictures(edit_film(timeline, tmp_path / "film.mp4", settings))]
    assert len(shown) == timeline.num_frames
    assert shown[:7] == [(0, k) for k in range(7)]
    assert shown[12:17] == [(1, k) for k in range(5, 10)]
    assert shown[21:] == [(2, k) for k in range(4, 9)]


def test_hidden_and_surplus_frames_and_clips(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(9, "cut", 0), (11, "cut", 0)])
    one, two = (entry.ranges[0].file for entry in timeline.entries)
    entry = replace(timeline.entries[0], ranges=(SourceRange(one, 0, 5), SourceRange(two, 1, 6)), frames=11)
    film = edit_film(replace(timeline, entries=(entry,)), tmp_path / "film.mp4", settings)
    assert [decoded(frame) for frame in pictures(film)] == [(0, k) for k in range(5)] + [(1, k) for k in range(1, 7)]


def test_the_same_clip_may_be_shown_twice(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    timeline = film_of([(6, "cut", 0)])
    first = timeline.entries[0]
    twice = (first, replace(first, shot="scene.again", start=6))
    film = edit_film(replace(timeline, entries=twice), tmp_path / "film.mp4", settings)
    assert [decoded(frame) for frame in pictures(film)] == [(0, k) for k in range(6)] * 2


def test_a_clip_of_another_rate_keeps_its_seconds(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(16, "cut", 0), (12, "cut", 0)])
    slow = replace(timeline.entries[0], rate=Fraction(16), frames=24)
    entries = (slow, replace(timeline.entries[1], start=24))
    shown = [
        decoded(frame)
        for frame in pictures(edit_film(replace(timeline, entries=entries), tmp_path / "f.mp4", settings))
    ]
    assert len(shown) == 36
    assert (shown[0], shown[23], shown[24]) == ((0, 0), (0, 15), (1, 0))


def test_shots_of_other_sizes_are_scaled_and_cropped_never_stretched(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    timeline = film_of([(6, "cut", 0), (4, "dissolve", 2)])
    wide = np.zeros((4, 24, 48, 3), np.uint8)
    wide[:, :, 12:36] = 255  # a square, which stays one
    odd = replace(
        timeline.entries[1], ranges=(SourceRange(write_clip(wide, 24.0, tmp_path / "wide.mkv"), 0, 4),), width=48
    )
    film = replace(timeline, entries=(timeline.entries[0], odd))
    assert film.native == (WIDTH, HEIGHT)
    shown = pictures(edit_film(film, tmp_path / "film.mp4", settings))
    assert len(shown) == 8
    white = shown[-1][HEIGHT // 2, :, 0] > 128
    assert abs(int(white.sum()) - 24) <= 1
    assert decoded(shown[0]) == (0, 0)


def test_a_film_of_another_shape_than_its_shots_is_joined_at_its_own_size(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path
) -> None:
    film = replace(film_of([(4, "cut", 0)]), width=48, height=24)
    assert film.native == (48, 24)
    assert pictures(edit_film(film, tmp_path / "film.mp4", settings))[0].shape == (24, 48, 3)


@pytest.mark.parametrize(
    "colour", [(200, 30, 40), (20, 160, 60), (30, 60, 220), (250, 220, 20), (255, 255, 255), (0, 0, 0)]
)
def test_colours_come_out_as_they_went_in(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, colour: tuple[int, int, int]
) -> None:
    clip = write_clip(np.full((4, HEIGHT, WIDTH, 3), colour, np.uint8), 24.0, tmp_path / "flat.mkv")
    timeline = film_of([(4, "cut", 0)], width=WIDTH * 5, height=HEIGHT * 5)
    entry = replace(timeline.entries[0], ranges=(SourceRange(clip, 0, 4),))
    shown = pictures(edit_film(replace(timeline, entries=(entry,)), tmp_path / "film.mp4", settings))[2]
    assert np.abs(np.median(shown.reshape(-1, 3), axis=0) - colour).max() <= 3

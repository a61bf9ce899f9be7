"""Long films are joined in two steps, and show the same frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.edit import edit_film
from flows.edit.reels import in_reels
from flows.settings import FilmSettings
from tests.flows.edit.conftest import MakeTimeline, pictures


def test_long_films_are_wound_into_reels_with_the_same_frames(
    film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ["cut", "dissolve", "cut", "fade_black", "dissolve", "cut", "dissolve"]
    timeline = film_of([(10, kind, 0 if kind == "cut" else 3) for kind in kinds])
    whole = pictures(edit_film(timeline, tmp_path / "whole.mp4", settings))
    monkeypatch.setattr("flows.edit.reels.in_reels.__defaults__", (2,))
    wound = pictures(edit_film(timeline, tmp_path / "wound.mp4", settings))
    assert len(whole) == len(wound) == timeline.num_frames
    for one, other in zip(whole, wound, strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 4


def test_a_transition_between_two_reels_stays_one(film_of: MakeTimeline, tmp_path: Path) -> None:
    timeline = film_of([(10, "cut", 0), (10, "dissolve", 3), (10, "wipe_left", 4), (10, "cut", 0)])
    short, reels = in_reels(timeline, tmp_path, length=2)
    assert [(entry.transition, entry.overlap, entry.blend) for entry in short.entries] == [
        ("cut", 0, 0),
        ("wipe_left", 4, 4),
    ]
    assert [(entry.start, entry.frames) for entry in short.entries] == [(0, 17), (13, 20)]
    assert [reel.frames for reel in reels] == [17, 20]
    assert short.num_frames == timeline.num_frames


def test_reels_of_reels_for_very_long_films(film_of: MakeTimeline, tmp_path: Path) -> None:
    timeline = film_of([(4, "cut", 0)] * 9)
    short, reels = in_reels(timeline, tmp_path, length=2)
    assert len(short.entries) == 2
    assert len(reels) == 5 + 3 + 2
    assert short.num_frames == 36


def test_a_short_film_needs_none(film_of: MakeTimeline, tmp_path: Path) -> None:
    timeline = film_of([(4, "cut", 0)] * 2)
    assert in_reels(timeline, tmp_path, length=2) == (timeline, [])

"""Which frames of a shot are shown, and where they are read from."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.edit import make_timeline
from flows.edit.timeline import Entry
from flows.report.frames import clip_frames, data_uri, frames_of, jpeg_uri, middle, picked, spread, wanted
from tests.flows.edit.films import ShotSpec, a_film


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    """A shot of two clips, 6 and then 4 frames, whose grey tells clip and frame."""
    shot = ShotSpec("a.long", ((9, 2, 6), (9, 1, 4)))
    plan, takes, store = a_film(tmp_path, [shot], lambda _, __, frames: paint(frames))
    return make_timeline(plan, takes, store).entries[0]


def paint(frames: int) -> np.ndarray:
    return np.stack([np.full((24, 32, 3), 10 * number, np.uint8) for number in range(frames)])


def test_frames_are_counted_over_all_clips_without_the_hidden_ones(entry: Entry) -> None:
    assert clip_frames(entry) == 10
    frames = frames_of(entry, [9, 0, 5, 6])
    assert {number: int(frame[0, 0, 0]) // 10 for number, frame in frames.items()} == {0: 2, 5: 7, 6: 1, 9: 4}


def test_numbers_beyond_the_last_are_left_out(entry: Entry) -> None:
    assert list(frames_of(entry, [3, 10, 99])) == [3]
    assert picked(frames_of(entry, [3]), [3, 10]) == [jpeg_uri(frames_of(entry, [3])[3])]


def test_the_middle_of_a_shot(entry: Entry) -> None:
    assert int(middle(entry)[0, 0, 0]) == 70
    short = replace(entry, ranges=(replace(entry.ranges[0], frames=1),))
    assert int(middle(short)[0, 0, 0]) == 20


@pytest.mark.parametrize(
    ("count", "frames", "numbers"),
    [(5, 17, [0, 4, 8, 12, 16]), (1, 17, [8]), (5, 1, [0]), (5, 3, [0, 1, 2]), (3, 100, [0, 50, 99])],
)
def test_frames_are_spread_evenly(count: int, frames: int, numbers: list[int]) -> None:
    assert spread(count, frames) == numbers


def test_long_films_show_less_of_each_shot() -> None:
    shown = [(wanted(shots).strip, wanted(shots).seams) for shots in (1, 80, 81, 300, 301)]
    assert shown == [(5, True), (5, True), (3, True), (3, True), (1, False)]


def test_a_picture_is_inside_its_address_and_no_wider_than_asked() -> None:
    kind, _, data = jpeg_uri(np.zeros((20, 100, 3), np.uint8), 50).partition(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (50, 10)
    assert data_uri(b"WEBVTT", "text/vtt") == "data:text/vtt;base64,V0VCVlRU"

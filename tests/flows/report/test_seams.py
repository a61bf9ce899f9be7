"""The joins of a film as they are measured: where shots meet, jumps, and subjects that are seen twice."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from flows.edit.timeline import Entry, SourceRange
from flows.report.seams import Seam, half_of_both, measured, meeting

RATE = Fraction(16)
HEIGHT, WIDTH = 9, 160


def entry(frames: int, transition: str = "cut", overlap: int = 0, blend: int = 0, rate: Fraction = RATE) -> Entry:
    shown = int(frames * rate / RATE)
    return Entry(
        shot="a.b",
        ranges=(SourceRange(Path("x.mkv"), 0, shown),),
        frames=frames,
        start=0,
        rate=rate,
        width=WIDTH,
        height=HEIGHT,
        transition=transition,
        overlap=overlap,
        blend=blend,
    )


def moving(start: int, frames: int = 33) -> dict[int, np.ndarray]:
    """A bar that moves two pixels a frame."""
    film = {}
    for number in range(frames):
        film[number] = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        film[number][:, start + 2 * number : start + 2 * number + 30] = 255
    return film


def test_a_cut_joins_the_last_frame_and_the_first() -> None:
    met = meeting(entry(33), entry(20), RATE)
    assert (met.tail, met.head, met.together, met.after) == ((31, 32), (0, 1), (), 0)


def test_a_dissolve_begins_after_the_last_frame_that_is_seen_alone() -> None:
    met = meeting(entry(33), entry(20, "dissolve", 8, 3), RATE)
    assert (met.tail, met.head, met.after) == ((23, 24), (0, 1), 3)
    assert met.together == ((25, 0), (26, 1), (27, 2))


def test_a_fade_joins_what_is_seen_around_its_middle() -> None:
    met = meeting(entry(33), entry(20, "fade_black", 8), RATE)
    assert (met.tail, met.head, met.together) == ((27, 28), (4, 5), ())


def test_frames_are_counted_at_the_rate_of_their_clips() -> None:
    met = meeting(entry(32, rate=RATE / 2), entry(20, "dissolve", 8, 8), RATE)
    assert met.tail == (10, 11)
    assert [one for one, _ in met.together] == [12, 12, 13, 13, 14, 14, 15, 15]
    assert [other for _, other in met.together] == list(range(8))


def test_one_frame_shots_can_be_met() -> None:
    met = meeting(entry(1), entry(1), RATE)
    assert (met.tail, met.head) == ((0,), (0,))


def verdict(offset: int, blend: int) -> str:
    """Of a shot that starts where the one before is `offset` frames after the beginning of eight frames of dissolve."""
    met = meeting(entry(33), entry(33, "dissolve", 8, blend), RATE)
    found = measured(met, moving(0), moving(2 * (25 + offset)))
    return Seam("a", "b", "dissolve", 0.5, 0.0, "", "", found, continues=True).verdict


def test_a_subject_that_is_seen_twice_is_seen_by_the_report() -> None:
    assert verdict(0, 8) == "smooth"
    assert verdict(1, 8) == "smooth"
    assert verdict(8, 8) == "visible"
    met = meeting(entry(33), entry(33, "dissolve", 8, 8), RATE)
    apart = {number: moving(50)[0] for number in range(33)}  # starts at the same place and stays there
    found = measured(met, moving(0), apart)
    assert found.jump is not None
    assert found.jump < 3
    assert Seam("a", "b", "dissolve", 0.5, 0.0, "", "", found, continues=True).verdict == "doubled"


def test_the_middle_of_a_dissolve_has_half_of_both() -> None:
    met = meeting(entry(33), entry(33, "dissolve", 8, 8), RATE)
    black = {number: np.zeros((2, 2, 3), np.uint8) for number in range(33)}
    white = {number: np.full((2, 2, 3), 255, np.uint8) for number in range(33)}
    both = half_of_both(met, black, white)
    assert both is not None
    assert (both == 128).all()
    assert half_of_both(met, black, moving(0)) is None
    assert half_of_both(meeting(entry(33), entry(33), RATE), black, white) is None

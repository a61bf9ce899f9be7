"""Where shots meet, and subjects that are seen twice."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from flows.edit.timeline import Entry, SourceRange
from flows.measures import MEASURES
from flows.seams.meeting import ghost, half_of_both, meeting

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
    assert (met.tail, met.head, met.together, met.after) == ((27, 28, 29, 30, 31, 32), (0, 1, 2, 3, 4, 5), (), 0)


def test_a_dissolve_begins_after_the_last_frame_that_is_seen_alone() -> None:
    met = meeting(entry(33), entry(20, "dissolve", 8, 3), RATE)
    assert (met.tail, met.head, met.after) == ((19, 20, 21, 22, 23, 24), (0, 1, 2, 3, 4, 5), 3)
    assert met.together == ((25, 0), (26, 1), (27, 2))


def test_a_fade_joins_what_is_seen_around_its_middle() -> None:
    met = meeting(entry(33), entry(20, "fade_black", 8), RATE)
    assert (met.tail, met.head, met.together) == ((23, 24, 25, 26, 27, 28), (4, 5, 6, 7, 8, 9), ())


def test_frames_are_counted_at_the_rate_of_their_clips() -> None:
    met = meeting(entry(32, rate=RATE / 2), entry(20, "dissolve", 8, 8), RATE)
    assert met.tail == (6, 7, 8, 9, 10, 11)
    assert [one for one, _ in met.together] == [12, 12, 13, 13, 14, 14, 15, 15]
    assert [other for _, other in met.together] == list(range(8))


def test_one_frame_shots_can_be_met() -> None:
    met = meeting(entry(1), entry(1), RATE)
    assert (met.tail, met.head) == ((0,), (0,))


def seen_apart(offset: int) -> float:
    """Of a shot that starts where the one before is `offset` frames after the beginning of eight frames of dissolve."""
    met = meeting(entry(33), entry(33, "dissolve", 8, 8), RATE)
    found = ghost(met, moving(0), moving(2 * (25 + offset)))
    assert found is not None
    return found


def test_a_subject_that_is_seen_twice_in_a_dissolve_is_measured() -> None:
    budget = MEASURES["ghost"].budget
    assert max(seen_apart(0), seen_apart(1)) < budget
    met = meeting(entry(33), entry(33, "dissolve", 8, 8), RATE)
    apart = {number: moving(50)[0] for number in range(33)}  # starts at the same place and stays there
    found = ghost(met, moving(0), apart)
    assert found is not None
    assert found > budget


def test_nothing_is_seen_twice_in_a_cut_or_where_nothing_moves() -> None:
    assert ghost(meeting(entry(33), entry(33), RATE), moving(0), moving(66)) is None
    still = {number: moving(0)[0] for number in range(33)}
    assert ghost(meeting(entry(33), entry(33, "dissolve", 8, 8), RATE), still, still) is None


def test_the_middle_of_a_dissolve_has_half_of_both() -> None:
    met = meeting(entry(33), entry(33, "dissolve", 8, 8), RATE)
    black = {number: np.zeros((2, 2, 3), np.uint8) for number in range(33)}
    white = {number: np.full((2, 2, 3), 255, np.uint8) for number in range(33)}
    both = half_of_both(met, black, white)
    assert both is not None
    assert (both == 128).all()
    assert half_of_both(met, black, moving(0)) is None
    assert half_of_both(meeting(entry(33), entry(33), RATE), black, white) is None

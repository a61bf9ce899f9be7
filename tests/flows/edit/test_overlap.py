"""What a film shows where a shot goes on by overlap, through ffmpeg: every moment once, at the rate of the film."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from flows.edit import SourceRange, edit_film
from flows.planning.joins import hand_off_of, overlapping
from flows.planning.model import Take
from flows.settings import FilmSettings
from flows.shots import part_of
from flows.storyboard.model import Continuity
from flows.transitions import TRANSITIONS
from tests.flows.edit.conftest import MakeClip, MakeTimeline, decoded, pictures
from tests.flows.made import a_clip
from tests.flows.shots.conftest import shot
from wan.families import FAMILIES

KNOWN, SOURCE = 9, 24
"""Frames of the overlap, and of the shot before at its own rate."""


@pytest.mark.parametrize(("rate", "fps"), [(16, 16), (16, 24), (16, 30), (30, 16)])
@pytest.mark.parametrize("meets", [0, 4])
def test_what_is_handed_on_is_what_the_film_shows_and_then_it_goes_on(
    film_of: MakeTimeline,
    make_clip: MakeClip,
    settings: FilmSettings,
    tmp_path: Path,
    rate: int,
    fps: int,
    meets: int,
) -> None:
    """Of a shot at `rate` in a film at `fps`. A dissolve lies over frames that both shots show."""
    length = SOURCE * fps // rate
    join = overlapping(KNOWN, meets, length)
    clip = a_clip(num_frames=SOURCE, fps=rate, keep=SOURCE)
    take = Take(1, clip.fingerprint, "new", "", (clip,))
    part = part_of(FAMILIES["wan22"], "vace-fun-a14b")
    assert part is not None
    handed = hand_off_of([take], length, join, shot(continuity=Continuity("s.b", "overlap", KNOWN)), part, fps)
    last = handed.frame if handed.frame >= 0 else SOURCE - 1
    numbers = [last - offset for offset in handed.offsets or reversed(range(handed.count))]

    film = film_of([(SOURCE, "cut", 0), (33, "dissolve" if meets else "cut", meets)], Fraction(fps))
    before, after = film.entries
    blend = TRANSITIONS["dissolve"].both_seen(meets, Fraction(fps), goes_on=True, alike=join.known - join.hidden)
    before = replace(
        before, rate=Fraction(rate), frames=length, ranges=(SourceRange(make_clip(0, SOURCE, rate), 0, SOURCE),)
    )
    after = replace(
        after,
        ranges=(SourceRange(make_clip(1, 33, fps), join.hidden, 33 - join.hidden),),
        frames=33 - join.hidden,
        start=length - meets,
        blend=blend if meets else 0,
    )
    shown = [
        decoded(frame)
        for frame in pictures(edit_film(replace(film, entries=(before, after)), tmp_path / "film.mp4", settings))
    ]
    assert len(shown) == length - meets + 33 - join.hidden
    alone = KNOWN - meets
    assert shown[length - KNOWN : length - meets] == [(0, number) for number in numbers[:alone]]
    assert shown[length:] == [(1, number) for number in range(KNOWN, 33)], "nothing is seen twice, and nothing is lost"

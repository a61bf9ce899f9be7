"""When what happens in a film, to the frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.planning.model import PlannedVoice
from flows.planning.moments import film_moments, overlap_frames
from flows.storyboard.model import Cue, Soundtrack, Transition, Voiceover
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot

CUT, DISSOLVE = Transition(), Transition("dissolve", 0.5)


def test_transitions_overlap_and_shorten_the_film() -> None:
    made = film_moments([("a", 32, DISSOLVE), ("b", 32, DISSOLVE), ("c", 16, CUT)], 16)
    assert made.starts == {"a": 0, "b": 24, "c": 56}
    assert made.overlaps == {"a": 0, "b": 8, "c": 0}, "the first shot comes out of nothing"
    assert (made.num_frames, made.seconds) == (72, 4.5)


def test_a_cut_overlaps_nothing_however_long_it_is_said_to_be() -> None:
    assert [overlap_frames(each, 16) for each in (Transition("cut", 1.0), Transition("fade", 0.51))] == [0, 8]


def test_a_cue_is_counted_from_its_shot_by_the_exact_rate() -> None:
    made = film_moments([("a", 24, CUT), ("b", 24, CUT)], 23.976)
    assert made.of(Cue(None, 1.5)) == 1.5
    assert made.of(Cue("b", 0.5)) == pytest.approx(24 * 1001 / 24000 + 0.5, abs=1e-12)


def test_shots_and_voices_of_a_plan_know_their_moments(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    voices = (Voiceover(Path("/vo.wav"), Cue("river.b", -0.25), gain_db=-3.0),)
    shots = shot("a"), shot("b", transition=DISSOLVE), shot("c")
    made = plan(film(*shots, soundtrack=Soundtrack(voiceover=voices)))
    assert [(one.start, one.overlap) for one in made.shots] == [(0, 0), (24, 8), (56, 0)]
    assert made.voices == (PlannedVoice(Path("/vo.wav"), 1.25, -3.0),)


def test_a_shot_alone_begins_at_once_and_says_nothing_but_its_own(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    voices = (Voiceover(Path("/vo.wav"), Cue("river.b")),)
    made = plan(film(shot("a"), shot("b", transition=DISSOLVE), soundtrack=Soundtrack(voiceover=voices)))
    alone = made.alone(made.shots[1])
    assert [(one.id, one.start, one.overlap, one.transition) for one in alone.shots] == [("river.b", 0, 0, CUT)]
    assert alone.voices == alone.storyboard.soundtrack.voiceover == ()

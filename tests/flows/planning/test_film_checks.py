"""What would otherwise fail after everything was rendered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.errors import Place, Problem
from flows.storyboard.model import Cue, Deliverable, Size, Soundtrack, Transition, Voiceover
from tests.flows.planning.conftest import FILE, MakeFilm, MakePlan, MakeShot

Problems = Callable[..., list[Problem]]
AT = Place(FILE, 9, 4)


def voice(cue: Cue) -> Soundtrack:
    return Soundtrack(voiceover=(Voiceover(Path("/films/vo.wav"), cue),), places={"voiceover.0.at": AT})


def test_shots_start_where_the_film_shows_them_first(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a"), shot("b", transition=Transition("dissolve", 0.5)), shot("c")))
    assert [(one.start, one.overlap) for one in made.shots] == [(0, 0), (24, 8), (56, 0)]


@pytest.mark.parametrize(
    ("cue", "message", "fix"),
    [
        (Cue("river.b", 2.0), "would begin 4.00s into a film of 4.00s", "let it begin at least 0.06s earlier"),
        (Cue(None, 100.0), "would begin 100.00s into a film of 4.00s", "let it begin at least 96.06s earlier"),
        (Cue("river.a", -0.5), "would begin 0.50s before the film", "let it begin at least 0.50s later"),
    ],
)
def test_a_voice_outside_the_film_is_an_error(
    cue: Cue, message: str, fix: str, shot: MakeShot, film: MakeFilm, problems: Problems
) -> None:
    (problem,) = problems(film(shot("a"), shot("b"), soundtrack=voice(cue)))
    assert message in problem.message
    assert problem.place == AT
    assert problem.fix == fix


def test_a_voice_inside_the_film_is_not(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    assert plan(film(shot("a"), shot("b"), soundtrack=voice(Cue("river.b", -1.5)))).totals.film_seconds == 4


def test_a_voice_that_the_end_of_the_film_cuts_off_is_a_warning_at_its_place(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    def warned(cue: Cue, seconds: float) -> tuple[str, ...]:
        board = film(
            shot("a", prompt="a red box"),
            shot("b", prompt="a red box", transition=Transition("dissolve", 0.5)),
            soundtrack=voice(cue),
        )
        return plan(board, media_seconds={Path("/films/vo.wav"): seconds}).warnings

    assert warned(Cue("river.b", 0.5), 5.0) == (
        f"{FILE}:9:4: vo.wav lasts 5.00 s and begins 2.00 s into a film of 3.50 s: its last 3.50 s are cut off; "
        "shorten it, or make the film longer",
    )
    (earlier,) = warned(Cue("river.b", 0.5), 2.5)
    assert earlier.endswith("; let it begin 1.00 s earlier, shorten it, or make the film longer")
    assert warned(Cue("river.b", 0.5), 1.6) == warned(Cue(), 3.5) == ()


def test_a_deliverable_of_odd_size_is_an_error(shot: MakeShot, film: MakeFilm, problems: Problems) -> None:
    (problem,) = problems(film(shot("a"), deliver=(Deliverable("small", Size(641, 360), place=AT),)))
    assert (problem.place, problem.fix) == (AT, "the nearest is 640x360")

"""What people name when they decide: a shot; of a batch `FILM:shot`, a whole `FILM`, or a `shot` of all films. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.review.model import Question, Sheet
from flows.storyboard.nodes import Text
from flows.storyboard.problems import Problems, listed

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Target:
    """The looks that are meant; of a `film` all of it, and itself. `one`: a shot that was named alone."""

    questions: tuple[Question, ...]
    film: str = ""
    one: bool = True


def target_of(name: Text, sheet: Sheet, problems: Problems) -> Target | None:
    """None for what is not there; that is among the problems then."""
    if not sheet.films:
        return _one(name, name.value, sheet.questions, sheet.title, problems)
    films = [film.name for film in sheet.films]
    film, colon, shot = name.value.rpartition(":")
    if colon and film not in films:
        fix = problems.did_you_mean(film, films, f"there are {listed(films)}")
        problems.add(name, f"no film of {sheet.title} is called {film[:100]!r}", fix)
        return None
    if colon:
        own = {question.own: question for question in sheet.questions if film in question.films}
        found = _one(name, shot, sheet.view(film), film, problems)
        return Target((own[found.questions[0].shot],)) if found else None
    if name.value in films:
        return Target(tuple(each for each in sheet.questions if name.value in each.films), name.value, one=False)
    named = tuple(each for each in sheet.questions if _is_called(each.own, name.value))
    if not named:
        known = [*films, *dict.fromkeys(each.own for each in sheet.questions)]
        fix = problems.did_you_mean(name.value, known, f"write FILM:shot, FILM or shot; there are {listed(known)}")
        problems.add(name, f"no film or shot of {sheet.title} is called {name.value[:100]!r}", fix)
        return None
    if len({each.own for each in named}) > 1:
        _ambiguous(name, [*dict.fromkeys(each.own for each in named)], problems)
        return None
    return Target(named, one=len(named) == 1)


def _one(name: Text, shot: str, questions: Sequence[Question], of: str, problems: Problems) -> Target | None:
    ids = [question.shot for question in questions]
    named = [shot] if shot in ids else [each for each in ids if _is_called(each, shot)]
    if len(named) == 1:
        return Target(tuple(each for each in questions if each.shot == named[0]))
    if named:
        _ambiguous(name, named, problems)
    else:
        fix = problems.did_you_mean(shot, ids, f"there are {listed(ids)}")
        problems.add(name, f"no shot of {of} is called {shot[:100]!r}", fix)
    return None


def _ambiguous(name: Text, ids: Sequence[str], problems: Problems) -> None:
    problems.add(name, f"several shots are called {name.value!r}", f"there are {', '.join(ids[:_MOST_NAMED])}")


def _is_called(shot: str, name: str) -> bool:
    return name in (shot, shot.rpartition(".")[2])

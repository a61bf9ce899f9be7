"""The films of a batch as rows of its contact sheet, their shots as columns: which look stands where. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.review.model import BatchedFilm, Entry, Question, Sheet
from flows.review.rounds import left_out


@dataclass(frozen=True, slots=True)
class Cell:
    """A shot of a film; `question` None: it has none. `first`: the look is shown, and decided, here."""

    question: Question | None
    first: bool = False


@dataclass(frozen=True, slots=True)
class FilmRow:
    """A film with its cells, in the order of the columns; `out` has decided that it is not made."""

    film: BatchedFilm
    cells: tuple[Cell, ...]
    out: Entry | None


def shot_columns(sheet: Sheet) -> list[str]:
    """The ids of all films' shots, each once."""
    return list(dict.fromkeys(question.own for question in sheet.questions))


def film_rows(sheet: Sheet, entries: Sequence[Entry]) -> list[FilmRow]:
    """In the order of the table."""
    out, columns = left_out(sheet.films, entries), shot_columns(sheet)
    found = {(film, question.own): question for question in sheet.questions for film in question.films}

    def cell(film: str, shot: str) -> Cell:
        question = found.get((film, shot))
        return Cell(question, first=question is not None and question.films[0] == film)

    return [FilmRow(film, tuple(cell(film.name, shot) for shot in columns), out.get(film.name)) for film in sheet.films]

"""Collecting every mistake of a storyboard before saying anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from flows.errors import Place, Problem, StoryboardError
from flows.storyboard.nodes import Node, Source
from wan.system.suggest import did_you_mean

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What a terminal would obey instead of showing."""

_COMPARISONS = 200_000
"""How many names are compared in all to suggest the nearest one: a file with 10,000 wrong words is still quick."""


MOST = 10_000
"""Mistakes that are remembered; whoever has more has the wrong file."""


class Problems:
    """The mistakes found so far. `shot` is the full id of the shot being read, or None."""

    def __init__(self) -> None:
        self.shot: str | None = None
        self._found: list[Problem] = []
        self._sources: dict[str, Source] = {}
        self._comparisons = _COMPARISONS
        self._left = 0

    def __len__(self) -> int:
        return len(self._found)

    def add(self, at: Node | Place | None, message: str, fix: str | None = None) -> None:
        """Remember one mistake at a node or a place."""
        if at is not None and not isinstance(at, Place):
            self.knows(at.source)
            at = at.place
        if len(self._found) >= MOST:
            self._left += 1
            return
        message = printable(message)
        self._found.append(self.with_line(Problem(at, message, fix, self.shot)))

    def knows(self, source: Source) -> None:
        """Remember a source, so that problems can show its lines."""
        self._sources[source.name] = source

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every text that was read, in the order of reading."""
        return tuple(self._sources.values())

    def did_you_mean(
        self, word: str, options: Collection[str], otherwise: str, shown: Callable[[str], object] = str
    ) -> str:
        """`wan.system.suggest.did_you_mean`, as long as there are not too many wrong words."""
        self._comparisons -= len(options)
        return otherwise if self._comparisons < 0 else did_you_mean(word, options, otherwise, shown)

    def extend(self, found: Iterable[Problem]) -> None:
        """Remember mistakes found elsewhere."""
        self._found.extend(map(self.with_line, found))

    @property
    def shots(self) -> frozenset[str]:
        """The shots that something is wrong with."""
        return frozenset(problem.shot for problem in self._found if problem.shot)

    def sorted(self) -> list[Problem]:
        """All mistakes in the order of the files and lines; each once."""
        unique = dict.fromkeys(self._found)
        order = {name: number for number, name in enumerate(self._sources)}

        def key(problem: Problem) -> tuple[int, int, int]:
            place = problem.place
            return (order.get(place.file, -1), place.line, place.column) if place else (-1, 0, 0)

        ordered = sorted(unique, key=key)
        if self._left:
            fix = "mend these first; is it the right file?"
            ordered.append(Problem(None, f"{self._left:,} more mistakes are not listed", fix))
        return ordered

    def stop_if_any(self) -> None:
        """Raise everything found so far."""
        if self._found:
            raise StoryboardError(self.sorted())

    def with_line(self, problem: Problem) -> Problem:
        """The problem with the line it stands on, where that is known."""
        place = problem.place
        source = self._sources.get(place.file) if place else None
        if source is None or place is None:
            return problem
        return Problem(place, problem.message, problem.fix, problem.shot, shown(source, place))


def printable(text: str) -> str:
    """The text without what a terminal would obey."""
    return _CONTROL.sub("?", text)


def shown(source: Source, place: Place) -> str | None:
    """The line of a place, for people: tabs and what else has no picture as blanks."""
    line = source.line(place.line)
    return None if line is None else _CONTROL.sub(" ", line).rstrip()


def listed(options: Collection[str], limit: int = 12) -> str:
    """`a, b, c`, cut after `limit` names."""
    names = list(options)
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")

"""All that was decided, found by what it is about: of a batch there may be thousands of looks and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from flows.review.model import Decision, Entry, own_id

Found: TypeAlias = tuple[Entry, Decision]


class Said:
    """Decisions, the last first."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._of_shot: dict[str, list[Found]] = {}
        self._of_look: dict[tuple[str, str], list[int]] = {}
        self._of_film: dict[tuple[str, str], list[int]] = {}
        for entry in reversed(entries):
            for decision in reversed(entry.decisions):
                shot = own_id(decision.shot)
                found = self._of_shot.setdefault(shot, [])
                self._of_look.setdefault((shot, decision.look), []).append(len(found))
                for film in decision.films:
                    self._of_film.setdefault((shot, film), []).append(len(found))
                found.append((entry, decision))

    def about(self, shot: str, films: Sequence[str] = (), look: str = "") -> list[Found]:
        """Of a batch what was decided of one of these films, or of the very look: it holds for every film that has
        it."""
        own = own_id(shot)
        found = self._of_shot.get(own, [])
        if not films:
            return found
        places = {*self._of_look.get((own, look), ())}
        places.update(*(self._of_film.get((own, film), ()) for film in films))
        return [found[place] for place in sorted(places)]


Entries: TypeAlias = Sequence[Entry] | Said
"""Who asks about many shots makes a `Said` of them first."""


def said_in(entries: Entries) -> Said:
    """The same, ready to be asked."""
    return entries if isinstance(entries, Said) else Said(entries)

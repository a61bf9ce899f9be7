"""The films of a queue: how urgent each one is, what it still needs, and what it has had."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flows.cluster.queueing.graph import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmOrder:
    """What the queue knows of a film. `film` names this run of it and no other; times are seconds since the epoch."""

    film: str
    title: str
    priority: int = 0
    deadline: float | None = None
    since: float = 0.0


@dataclass(slots=True, eq=False)
class Film:
    """A film in the queue. `served`: the seconds of work it was given, counted on from those of the film that had
    least when it came (start-time fair queueing); `work`: seconds of its clips that are not settled."""

    order: FilmOrder
    served: float = 0.0
    work: float = 0.0
    clips: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.order.film


class Films:
    """All films, enrolled or met. What is held by hand stays held, whether the film is here yet or not."""

    def __init__(self) -> None:
        self._films: dict[str, Film] = {}
        self._held: set[str] = set()
        self.all_held = False

    def copy(self) -> Films:
        """What the copy's films are given is not given here."""
        copied = Films()
        copied._films = {name: replace(film) for name, film in self._films.items()}
        copied._held, copied.all_held = self._held, self.all_held
        return copied

    def __getitem__(self, name: str) -> Film:
        """The film; one that was never enrolled is as if it had been, with nothing said of it."""
        film = self._films.get(name)
        if film is None:
            film = self._films[name] = Film(FilmOrder(film=name, title=name))
        return film

    def enrol(self, order: FilmOrder) -> bool:
        """Whether it is new."""
        fresh = order.film not in self._films
        self[order.film].order = order
        return fresh

    def move(self, name: str, priority: int) -> None:
        self[name].order = replace(self[name].order, priority=priority)

    def forget(self, name: str) -> None:
        self._films.pop(name, None)
        self._held.discard(name)

    def hold(self, name: str) -> None:
        self._held.add(name)

    def release(self, name: str) -> None:
        self._held.discard(name)

    @property
    def any_held(self) -> bool:
        return bool(self._held)

    def is_held(self, name: str) -> bool:
        return name in self._held

    def clips_of(self, name: str) -> frozenset[str]:
        film = self._films.get(name)
        return frozenset(film.clips) if film else frozenset()

    def want(self, name: str, entry: Entry) -> None:
        """The film wants the clip too."""
        film = self[name]
        if name not in entry.films:
            entry.films.add(name)
            film.clips.add(entry.name)
            film.work += entry.seconds

    def unwant(self, name: str, entry: Entry) -> None:
        """It has it, or does not want it any more."""
        film = self[name]
        entry.films.discard(name)
        film.clips.discard(entry.name)
        film.work = film.work - entry.seconds if film.clips else 0.0

    def begin(self, name: str) -> None:
        """It has work again: it is owed nothing for the time when it had none."""
        film = self[name]
        least = min((one.served for one in self._films.values() if one.clips and one is not film), default=0.0)
        film.served = max(film.served, least)

    def top_priority(self) -> int:
        """The highest of the films that wait for something and are not held."""
        waiting = (film for film in self._films.values() if film.clips and film.name not in self._held)
        return max((film.order.priority for film in waiting), default=0)

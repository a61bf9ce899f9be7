"""The clips that could be leased now, film by film and model by model, each in the order they would be."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from flows.cluster.queueing.films import Film, Films
from flows.cluster.queueing.graph import Entry


@dataclass(slots=True, eq=False)
class Bucket:
    """The ready clips of one film that need one model. `since`: when one of them was leased last, or the first came."""

    film: Film
    model: str
    since: float | None = None
    ranks: list[tuple[float, int]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def put(self, entry: Entry, rank: tuple[float, int]) -> None:
        at = bisect_left(self.ranks, rank)
        self.ranks.insert(at, rank)
        self.entries.insert(at, entry)

    def take(self, rank: tuple[float, int]) -> None:
        at = bisect_left(self.ranks, rank)
        del self.ranks[at], self.entries[at]


class Ready:
    """A clip that several films want lies in a bucket of each."""

    def __init__(self, films: Films) -> None:
        self._films = films
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._placed: dict[str, tuple[tuple[float, int], frozenset[str]]] = {}

    def copy(self, films: Films) -> Ready:
        """The same clips in buckets of their own, of these films."""
        copied = Ready(films)
        copied._placed = dict(self._placed)
        copied._buckets = {
            key: Bucket(films[key[0]], key[1], bucket.since, list(bucket.ranks), list(bucket.entries))
            for key, bucket in self._buckets.items()
        }
        return copied

    def __contains__(self, entry: Entry) -> bool:
        return entry.name in self._placed

    def __len__(self) -> int:
        return len(self._placed)

    def buckets(self) -> Iterator[Bucket]:
        """Those in which something lies."""
        return iter(self._buckets.values())

    def put(self, entry: Entry) -> None:
        """Or put it where it belongs now: its path or its films may have changed."""
        placed = (entry.rank, frozenset(entry.films))
        if self._placed.get(entry.name) == placed:
            return
        self.take(entry)
        self._placed[entry.name] = placed
        for film in placed[1]:
            key = (film, entry.model)
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = Bucket(self._films[film], entry.model)
            bucket.put(entry, placed[0])

    def take(self, entry: Entry) -> None:
        """Out of all buckets; nothing happens if it lies in none."""
        placed = self._placed.pop(entry.name, None)
        if placed is None:
            return
        rank, films = placed
        for film in films:
            bucket = self._buckets[film, entry.model]
            bucket.take(rank)
            if not bucket.entries:
                del self._buckets[film, entry.model]

    def stamp(self, now: float) -> None:
        """What has come since somebody last said the time, came now."""
        for bucket in self._buckets.values():
            if bucket.since is None:
                bucket.since = now


@dataclass(slots=True)
class Backlog:
    """Seconds of work that wait, ready or not, for each model, and how many clips that is."""

    seconds: dict[str, float] = field(default_factory=dict)
    clips: dict[str, int] = field(default_factory=dict)
    _counted: set[str] = field(default_factory=set)
    _lengths: Counter[float] = field(default_factory=Counter)

    def copy(self) -> Backlog:
        return Backlog(dict(self.seconds), dict(self.clips), set(self._counted), Counter(self._lengths))

    def __contains__(self, entry: Entry) -> bool:
        return entry.name in self._counted

    def count(self, entry: Entry, waits: bool) -> None:
        """Whether the clip is part of it, from now on."""
        if waits == (entry.name in self._counted):
            return
        sign = 1 if waits else -1
        (self._counted.add if waits else self._counted.discard)(entry.name)
        clips = self.clips[entry.model] = self.clips.get(entry.model, 0) + sign
        self.seconds[entry.model] = self.seconds.get(entry.model, 0.0) + sign * entry.seconds
        self._lengths[entry.seconds] += sign
        if not self._lengths[entry.seconds]:
            del self._lengths[entry.seconds]
        if clips == 0:
            del self.clips[entry.model], self.seconds[entry.model]

    def shorter(self, seconds: float) -> float:
        """Seconds of all clips that take no longer than so."""
        return sum(each * number for each, number in self._lengths.items() if each <= seconds)

    @property
    def longest(self) -> float:
        """Seconds of the longest clip."""
        return max(self._lengths, default=0.0)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

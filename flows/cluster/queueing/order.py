"""The order of ready clips: how urgent each is, and which film's turn it is (docs/decisions/0026). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from flows.cluster.health import WorkerHealth
from flows.cluster.queueing.films import Film, Films
from flows.cluster.queueing.graph import Entry
from flows.cluster.queueing.ready import Backlog, Bucket, Ready
from flows.cluster.queueing.residency import Residency

AGEING_SECONDS = 1800.0
"""A film's clips of one model that have waited so long, none of them leased, rank with those of the next priority."""
IN_TURNS = 8
"""Of so many leases one goes by turns alone, however long the ways of other films are."""
LONG = 3.0
"""A clip's way to the end is long when it takes as long as everything does, less so many times the longest clip: a
worker comes free a clip later, and no clip can be cut."""
SHORT = 0.5
"""A clip is short when it takes at most so many times the longest one."""
KEPT = 1.0
"""Of short clips, so many times the longest one are kept for each worker: with short ones at the end all workers are
done at the same time, although none of the long ones can be cut."""
KEPT_FROM = 12.0
"""From when everything takes so many times the longest clip on; before that more short ones may come."""
HASTE = 1.25
"""A film is pressing when what is left of it, taken so many times, would not be done by its deadline."""

Urgency: TypeAlias = tuple[int, int, float]
"""Minus the level of priority; 0 for a film that presses, 1 for one that is late, else 2; the slack in seconds."""
Rank: TypeAlias = tuple[Urgency, int, float, float, int]
"""Less is sooner."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A clip for a worker, on account of a film."""

    entry: Entry
    bucket: Bucket
    rank: Rank


@dataclass(slots=True)
class Moment:
    """When something is chosen, and for how many workers. `long`: seconds to the end from which on a clip goes before
    its film's turn, also when no more is short than is kept for the end; `top`: the highest priority that waits."""

    now: float
    running: frozenset[str]
    long: float
    top: int
    by_turns: bool
    urgencies: dict[Film, Urgency] = field(default_factory=dict)


class Order:
    """The order, over what the queue knows."""

    def __init__(
        self, films: Films, ready: Ready, backlog: Backlog, residency: Residency, health: WorkerHealth
    ) -> None:
        self._films = films
        self._ready = ready
        self._backlog = backlog
        self._residency = residency
        self._health = health
        self._leases = 0

    def copy(self, films: Films, ready: Ready, backlog: Backlog, residency: Residency) -> Order:
        """The rule as it stands, over copies of what it knows."""
        copied = Order(films, ready, backlog, residency, self._health)
        copied._leases = self._leases
        return copied

    def moment(self, now: float) -> Moment:
        running = self._health.running
        seconds = self._backlog.total + self._residency.left_over(now)
        by_turns = self._leases % IN_TURNS == IN_TURNS - 1
        longest = self._backlog.longest
        each = seconds / max(1, len(running))
        long = each - LONG * longest
        if long > 0 and each < KEPT_FROM * longest and self._short_are_scarce(longest, len(running)):
            long = SHORT * longest
        return Moment(now, running, long, self._films.top_priority(), by_turns)

    def _short_are_scarce(self, longest: float, workers: int) -> bool:
        """Not with so few workers that a film would wait longer for its turn than a clip takes."""
        return workers >= IN_TURNS and 0 < self._backlog.shorter(SHORT * longest) < KEPT * longest * workers

    def buckets(self) -> Iterator[Bucket]:
        """Those whose film is not held."""
        buckets = self._ready.buckets()
        return (one for one in buckets if not self._films.is_held(one.film.name)) if self._films.any_held else buckets

    def choices(self, bucket: Bucket, worker: str, moment: Moment) -> Iterator[Choice]:
        """The clips of the bucket that suit the worker, in their order."""
        for entry in bucket.entries:
            if self.suits(entry, worker):
                yield Choice(entry, bucket, self._rank(entry, bucket, moment))

    def suits(self, entry: Entry, worker: str) -> bool:
        """Whether the worker is able to render the clip, and is not to leave it to others after a failure."""
        kind = entry.kind
        return self._health.able(worker, kind) and not (
            entry.attempts and self._health.avoids(worker, entry.name, kind)
        )

    def chosen(self, choice: Choice, now: float) -> None:
        """The clip was leased: it was the turn of its film."""
        self._leases += 1
        choice.bucket.film.served += choice.entry.seconds
        choice.bucket.since = now

    def ranked(self, now: float) -> list[Entry]:
        """All ready clips, in the order in which one worker that holds every model would get them."""
        moment = self.moment(now)
        ranks: dict[str, tuple[Rank, Entry]] = {}
        for bucket in self.buckets():
            ahead = 0.0
            for entry in bucket.entries:
                rank = self._rank(entry, bucket, moment, ahead)
                ahead += entry.seconds
                if entry.name not in ranks or rank < ranks[entry.name][0]:
                    ranks[entry.name] = (rank, entry)
        return [entry for _, entry in sorted(ranks.values(), key=lambda pair: pair[0])]

    def urgency(self, bucket: Bucket, moment: Moment) -> Urgency:
        """Of the film; a bucket that has waited long rises to the highest level that waits, and not above it."""
        film = bucket.film
        urgency = moment.urgencies.get(film)
        if urgency is None:
            urgency = moment.urgencies[film] = (-film.order.priority, *self._haste(film, moment))
        level, pressing, slack = urgency
        if -level >= moment.top:
            return urgency
        return max(level - int(waited(bucket, moment) / AGEING_SECONDS), -moment.top), pressing, slack

    def _rank(self, entry: Entry, bucket: Bucket, moment: Moment, ahead: float = 0.0) -> Rank:
        """By urgency; then clips with a long way to the end, longest first; then films in turns, the one that has had
        least first (`ahead`: and would have had by then)."""
        urgency = self.urgency(bucket, moment)
        if not moment.by_turns and entry.path >= moment.long:
            return urgency, 0, -entry.path, 0.0, entry.number
        return urgency, 1, bucket.film.served + ahead, -entry.path, entry.number

    def _haste(self, film: Film, moment: Moment) -> tuple[int, float]:
        if film.order.deadline is None:
            return 2, 0.0
        path = max((bucket.entries[0].path for bucket in self._ready.buckets() if bucket.film is film), default=0)
        left = film.order.deadline - moment.now
        if left > HASTE * max(path, film.work / max(1, len(moment.running))):
            return 2, 0.0
        return (0, left - path) if left >= path else (1, 0.0)


def waited(bucket: Bucket, moment: Moment) -> float:
    """Seconds since one of its clips was leased, or there was one."""
    return 0.0 if bucket.since is None else moment.now - bucket.since

"""Which of the ready clips a worker gets (docs/decisions/0026). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TypeAlias

from flows.cluster.crew import Crew
from flows.cluster.queueing.films import Film, Films
from flows.cluster.queueing.graph import Entry
from flows.cluster.queueing.ready import Backlog, Bucket, Ready
from flows.cluster.queueing.residency import Residency

AGEING_SECONDS = 1800.0
"""A film's clips of one model that have waited so long, none of them leased, rank with those of the next priority."""
IN_TURNS = 8
"""Of so many leases one goes by turns alone, however long the ways of other films are."""
HASTE = 1.25
"""A film is pressing when what is left of it, taken so many times, would not be done by its deadline."""
OWED = 10.0
"""A film is owed a load when it is so many times its seconds behind another one."""
LOOKING_SECONDS = 10.0
"""A worker that is free has taken what is for it by then, or does not look."""

Urgency: TypeAlias = tuple[int, int, float]
"""Minus the level of priority; 0 for a film that presses, 1 for one that is late, else 2; the slack in seconds."""
Rank: TypeAlias = tuple[Urgency, int, float, float, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """A clip for a worker, on account of a film. `rank`: less is sooner."""

    entry: Entry
    film: Film
    bucket: Bucket
    rank: Rank


@dataclass(slots=True)
class Moment:
    """What one choice looks at. `horizon`: seconds until everything would be done, if no worker ever waited."""

    worker: str
    warm: Collection[str]
    now: float
    running: frozenset[str]
    horizon: float
    at_work: Counter[str]
    top: int
    by_turns: bool
    urgencies: dict[str, tuple[int, int, float]] = field(default_factory=dict)


class Order:
    """The rule of the queue, over what the queue knows."""

    def __init__(self, films: Films, ready: Ready, backlog: Backlog, residency: Residency, crew: Crew) -> None:
        self._films = films
        self._ready = ready
        self._backlog = backlog
        self._residency = residency
        self._crew = crew
        self._leases = 0

    def choose(self, worker: str, warm: Collection[str], now: float) -> Choice | None:
        """The clip that the worker should have; None: none is ready, or others will have it sooner."""
        moment = self._moment(worker, warm, now)
        held: Choice | None = None
        cold: dict[str, list[Bucket]] = {}
        for bucket in self._ready.buckets():
            if self._films.is_held(bucket.film):
                continue
            if bucket.model in warm:
                for choice in self._choices(bucket, moment, 1):
                    held = choice if held is None or choice.rank < held.rank else held
            else:
                cold.setdefault(bucket.model, []).append(bucket)
        best, worth = held, None
        for buckets in cold.values():
            left = self._left_to_it(buckets, moment)
            if left is not None and (held is None or self._gains(left, held, moment)):
                this = (self._load_class(left, moment), -self._pull(left, moment), left.rank)
                if worth is None or this < worth:
                    best, worth = left, this
        return best

    def chosen(self, choice: Choice, now: float) -> None:
        """The clip was leased: it was the turn of its film."""
        self._leases += 1
        choice.film.served += choice.entry.seconds
        choice.bucket.since = now

    def ranked(self, now: float) -> list[Entry]:
        """All ready clips that are not held, in the order in which one worker that holds everything would get them."""
        moment = self._moment("", (), now)
        ranks: dict[str, tuple[Rank, Entry]] = {}
        for bucket in self._ready.buckets():
            if not self._films.is_held(bucket.film):
                ahead = 0.0
                for entry in bucket.entries:
                    rank = self._rank(entry, bucket, moment, ahead)
                    ahead += entry.seconds
                    if entry.name not in ranks or rank < ranks[entry.name][0]:
                        ranks[entry.name] = (rank, entry)
        return [entry for _, entry in sorted(ranks.values(), key=lambda pair: pair[0])]

    def _moment(self, worker: str, warm: Collection[str], now: float) -> Moment:
        running = self._crew.running
        priorities = [order.priority for order in self._films.orders() if not self._films.is_held(order.film)]
        return Moment(
            worker,
            warm,
            now,
            running,
            (self._backlog.total + self._residency.left_over(now)) / max(1, len(running)),
            self._residency.at_work(running, worker),
            max(priorities, default=0),
            self._leases % IN_TURNS == IN_TURNS - 1,
        )

    def _choices(self, bucket: Bucket, moment: Moment, most: int) -> Iterator[Choice]:
        """The first clips of the bucket that suit the worker."""
        film = self._films[bucket.film]
        for entry in bucket.entries:
            if self._suits(entry, moment.worker):
                yield Choice(entry, film, bucket, self._rank(entry, bucket, moment))
                most -= 1
                if most == 0:
                    return

    def _suits(self, entry: Entry, worker: str) -> bool:
        return self._crew.able(worker, entry.clip) and not self._crew.avoids(worker, entry.clip)

    def _rank(self, entry: Entry, bucket: Bucket, moment: Moment, ahead: float = 0.0) -> Rank:
        """By urgency; then clips whose way to the end takes as long as everything, longest first; then films in turns,
        the one that has had least first (`ahead`: and would have had by then)."""
        urgency = self._urgency(bucket, moment)
        if not moment.by_turns and entry.path >= moment.horizon:
            return urgency, 0, -entry.path, 0.0, entry.number
        return urgency, 1, self._films[bucket.film].served + ahead, -entry.path, entry.number

    def _urgency(self, bucket: Bucket, moment: Moment) -> Urgency:
        film = self._films[bucket.film]
        known = moment.urgencies.get(bucket.film)
        if known is None:
            known = moment.urgencies[bucket.film] = (film.order.priority, *self._haste(film, moment))
        priority, pressing, slack = known
        aged = int(self._waited(bucket, moment) / AGEING_SECONDS)
        return -min(priority + aged, max(priority, moment.top)), pressing, slack

    def _haste(self, film: Film, moment: Moment) -> tuple[int, float]:
        if film.order.deadline is None:
            return 2, 0.0
        path = max((bucket.entries[0].path for bucket in self._ready.buckets() if bucket.film == film.name), default=0)
        left = film.order.deadline - moment.now
        if left > HASTE * max(path, film.work / max(1, len(moment.running))):
            return 2, 0.0
        return (0, left - path) if left >= path else (1, 0.0)

    def _waited(self, bucket: Bucket, moment: Moment) -> float:
        return 0.0 if bucket.since is None else moment.now - bucket.since

    def _left_to_it(self, buckets: list[Bucket], moment: Moment) -> Choice | None:
        """Of clips whose model the worker would have to load, the first that no other worker is sooner to have: those
        that hold the model and come free while it would load take theirs first."""
        first = buckets[0].entries[0]
        loading = self._residency.load_seconds(first.clip)
        holders = self._residency.holders(first.model, moment.running, moment.worker)
        sooner = sorted((post for post in holders if post.free_in(moment.now) <= loading), key=lambda post: post.name)
        choices = [choice for bucket in buckets for choice in self._choices(bucket, moment, len(sooner) + 1)]
        for choice in nsmallest(len(sooner) + 1, choices, key=lambda one: one.rank):
            if choice.entry.attempts or self._waited(choice.bucket, moment) > AGEING_SECONDS:
                return choice
            overlooked = moment.now - (choice.entry.since or moment.now) > LOOKING_SECONDS
            taker = next(
                (
                    post
                    for post in sooner
                    if self._suits(choice.entry, post.name) and not (overlooked and post.busy_until is None)
                ),
                None,
            )
            if taker is None:
                return choice
            sooner.remove(taker)
        return None

    def _gains(self, cold: Choice, held: Choice, moment: Moment) -> bool:
        """Whether the worker should load a model although it holds one that there is work for."""
        loading = self._residency.load_seconds(cold.entry.clip)
        ours, theirs = self._load_class(held, moment), self._load_class(cold, moment)
        if theirs != ours:
            return theirs < ours
        if not moment.at_work[cold.entry.model] and cold.film.served + OWED * loading < held.film.served:
            return True
        if cold.entry.path + loading >= moment.horizon and cold.entry.path > held.entry.path + loading:
            return True
        others = moment.at_work[held.entry.model]
        mine = self._backlog.seconds.get(held.entry.model, 0.0)
        return others > 0 and self._share(cold, moment) > mine / others + loading

    def _load_class(self, choice: Choice, moment: Moment) -> tuple[int, int]:
        """Its urgency as a reason to load: waiting long is one only if nobody renders with the model."""
        level, pressing, _ = choice.rank[0]
        model = choice.entry.model
        if model in moment.warm:
            return level, pressing
        priority = choice.film.order.priority
        if moment.at_work[model]:
            return -priority, pressing
        return -priority - int(self._waited(choice.bucket, moment) / AGEING_SECONDS), pressing

    def _pull(self, choice: Choice, moment: Moment) -> float:
        """Seconds that the model's work still takes, if the worker joins in."""
        return max(choice.entry.path, self._share(choice, moment))

    def _share(self, choice: Choice, moment: Moment) -> float:
        model = choice.entry.model
        return self._backlog.seconds.get(model, 0.0) / (moment.at_work[model] + 1)

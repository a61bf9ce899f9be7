"""Which ready clip a worker gets, given the models that it holds and those that others hold. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from heapq import merge

from flows.cluster.queueing.capacity import Capacity
from flows.cluster.queueing.order import AGEING_SECONDS, Choice, Moment, Order, waited
from flows.cluster.queueing.ready import Backlog, Bucket
from flows.cluster.queueing.residency import Post, Residency

GAIN = 2.0
"""A load is made good when the model's work takes so many times its seconds longer than that of the model held."""
OWED = 10.0
"""A film is owed a load when it is so many times its seconds behind the film that would be served."""
LOOKING_SECONDS = 10.0
"""A worker that is free has taken what is for it by then, or does not look."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A worker that asks, and the models that it holds."""

    worker: str
    warm: frozenset[str]
    moment: Moment


class Chooser:
    """A worker stays with the models that it holds, unless loading another one gains something."""

    def __init__(self, order: Order, backlog: Backlog, residency: Residency) -> None:
        self._order = order
        self._backlog = backlog
        self._residency = residency
        self._capacity = Capacity()

    def copy(self, order: Order, backlog: Backlog, residency: Residency) -> Chooser:
        copied = Chooser(order, backlog, residency)
        copied._capacity = self._capacity.copy()
        return copied

    def choose(self, worker: str, warm: Collection[str], now: float) -> Choice | None:
        """The clip that the worker should have; None: none is ready, or others will have it sooner."""
        moment = self._order.moment(now)
        asking = Asking(worker, frozenset(warm), moment)
        self._residency.asks(worker, asking.warm)
        self._capacity.look(self._residency.groups(moment.running), self._backlog.seconds)
        held: list[Bucket] = []
        cold: dict[str, list[Bucket]] = {}
        for bucket in self._order.buckets():
            (held if bucket.model in warm else cold.setdefault(bucket.model, [])).append(bucket)
        best = self._of_held(held, asking)
        gains = [
            choice
            for buckets in cold.values()
            if (best is None or self._gains(buckets, best, asking))
            and (choice := self._left_to_it(buckets, asking)) is not None
        ]
        return min(gains, key=lambda one: self._worth(one, asking), default=best)

    def _of_held(self, buckets: Sequence[Bucket], asking: Asking) -> Choice | None:
        """The first clip whose model the worker holds. Of several models, one whose work will take longer by a load or
        more goes first, so that no other worker has to load it."""
        firsts = [first for bucket in buckets if (first := self._first(bucket, asking)) is not None]
        if not firsts:
            return None
        most_urgent = min(first.rank[0][:2] for first in firsts)
        urgent = [first for first in firsts if first.rank[0][:2] == most_urgent]
        longest = max(self._capacity.seconds(first.entry.model, 0.0) - self._load(first) for first in urgent)
        return min(
            (first for first in urgent if self._capacity.seconds(first.entry.model, 0.0) >= longest),
            key=lambda one: one.rank,
        )

    def _first(self, bucket: Bucket, asking: Asking) -> Choice | None:
        return next(self._order.choices(bucket, asking.worker, asking.moment), None)

    def _load(self, choice: Choice) -> float:
        return self._residency.load_seconds(choice.entry.clip)

    def _left_to_it(self, buckets: Sequence[Bucket], asking: Asking) -> Choice | None:
        """Of clips whose model the worker would have to load, the first that no other worker is sooner to have: those
        that hold the model and come free while it would load take theirs first."""
        now = asking.moment.now
        loading = self._loading(buckets)
        holders = self._residency.holders(buckets[0].model, asking.moment.running, asking.worker)
        sooner = [post for post in holders if post.free_in(now) <= loading]
        each = [self._order.choices(bucket, asking.worker, asking.moment) for bucket in buckets]
        for choice in merge(*each, key=lambda one: one.rank):
            if choice.entry.attempts or waited(choice.bucket, asking.moment) > AGEING_SECONDS:
                return choice
            taker = next((post for post in sooner if self._takes(post, choice, now)), None)
            if taker is None:
                return choice
            sooner.remove(taker)
        return None

    def _takes(self, post: Post, choice: Choice, now: float) -> bool:
        if post.busy_until is None and choice.entry.since is not None and now - choice.entry.since > LOOKING_SECONDS:
            return False
        return self._order.suits(choice.entry, post.name)

    def _gains(self, buckets: Sequence[Bucket], held: Choice, asking: Asking) -> bool:
        """Whether the worker should load the model although it holds one that there is work for: for a film that is
        more urgent; if nobody holds the model, for one that is owed it, or a longer way; else because so much more work
        waits for each worker that holds it that the load is made good, and none of a long way waits here."""
        model, loading = buckets[0].model, self._loading(buckets)
        ours = held.rank[0][:2]
        theirs = min(self._class(bucket, asking) for bucket in buckets)
        if theirs != ours:
            return theirs < ours
        if not self._capacity.holds(model):
            had = min(bucket.film.served for bucket in buckets)
            path = max(bucket.entries[0].path for bucket in buckets)
            if had + OWED * loading < held.bucket.film.served:
                return True
            if path >= asking.moment.long and path > held.entry.path + loading:
                return True
        if held.rank[1] == 0:
            return False
        ours_for = self._capacity.share(asking.warm, held.entry.model)
        return self._capacity.seconds(model, 1.0) > self._capacity.seconds(held.entry.model, -ours_for) + GAIN * loading

    def _class(self, bucket: Bucket, asking: Asking) -> tuple[int, int]:
        """Its urgency as a reason to load: waiting long is one only if nobody renders with the model."""
        level, pressing = -bucket.film.order.priority, self._order.urgency(bucket, asking.moment)[1]
        if not self._capacity.holds(bucket.model):
            level -= int(waited(bucket, asking.moment) / AGEING_SECONDS)
        return level, pressing

    def _worth(self, choice: Choice, asking: Asking) -> tuple[object, ...]:
        """Of several models that would be loaded: the more urgent one, then the one whose work takes longest even if
        the worker joins in."""
        pull = max(choice.entry.path, self._capacity.seconds(choice.entry.model, 1.0))
        return self._class(choice.bucket, asking), -pull, choice.rank

    def _loading(self, buckets: Sequence[Bucket]) -> float:
        return self._residency.load_seconds(buckets[0].entries[0].clip)

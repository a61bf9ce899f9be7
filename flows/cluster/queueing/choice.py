"""Which ready clip a worker gets, given the models that it holds and those that others hold. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from heapq import merge

from flows.cluster.queueing.order import AGEING_SECONDS, Choice, Moment, Order, waited
from flows.cluster.queueing.ready import Backlog, Bucket
from flows.cluster.queueing.residency import Post, Residency

OWED = 10.0
"""A film is owed a load when it is so many times its seconds behind the film that would be served."""
LOOKING_SECONDS = 10.0
"""A worker that is free has taken what is for it by then, or does not look."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A worker that asks. `at_work`: how many others render with each model, or did last."""

    worker: str
    warm: Collection[str]
    moment: Moment
    at_work: Counter[str]


class Chooser:
    """A worker stays with the models that it holds, unless loading another one gains something."""

    def __init__(self, order: Order, backlog: Backlog, residency: Residency) -> None:
        self._order = order
        self._backlog = backlog
        self._residency = residency

    def choose(self, worker: str, warm: Collection[str], now: float) -> Choice | None:
        """The clip that the worker should have; None: none is ready, or others will have it sooner."""
        moment = self._order.moment(now)
        asking = Asking(worker, warm, moment, self._residency.at_work(moment.running, worker))
        held: list[Bucket] = []
        cold: dict[str, list[Bucket]] = {}
        for bucket in self._order.buckets():
            (held if bucket.model in warm else cold.setdefault(bucket.model, [])).append(bucket)
        firsts = (next(self._order.choices(bucket, worker, moment), None) for bucket in held)
        best = min((choice for choice in firsts if choice is not None), key=lambda one: one.rank, default=None)
        gains = [
            choice
            for buckets in cold.values()
            if (best is None or self._gains(buckets, best, asking))
            and (choice := self._left_to_it(buckets, asking)) is not None
        ]
        return min(gains, key=lambda one: self._worth(one, asking), default=best)

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
        """Whether the worker should load the model although it holds one that there is work for: for films that are
        more urgent, or owed; for a way as long as everything; or because more work waits for each of its workers."""
        model, loading = buckets[0].model, self._loading(buckets)
        ours = held.rank[0][:2]
        theirs = min(self._class(bucket, asking) for bucket in buckets)
        if theirs != ours:
            return theirs < ours
        if not asking.at_work[model] and min(
            self._order.served(bucket) for bucket in buckets
        ) + OWED * loading < self._order.served(held.bucket):
            return True
        path = max(bucket.entries[0].path for bucket in buckets)
        if path + loading >= asking.moment.horizon and path > held.entry.path + loading:
            return True
        others = asking.at_work[held.entry.model]
        mine = self._backlog.seconds.get(held.entry.model, 0.0)
        return others > 0 and self._share(model, asking) > mine / others + loading

    def _class(self, bucket: Bucket, asking: Asking) -> tuple[int, int]:
        """Its urgency as a reason to load: waiting long is one only if nobody renders with the model."""
        level, pressing = -self._order.priority(bucket), self._order.urgency(bucket, asking.moment)[1]
        if not asking.at_work[bucket.model]:
            level -= int(waited(bucket, asking.moment) / AGEING_SECONDS)
        return level, pressing

    def _worth(self, choice: Choice, asking: Asking) -> tuple[object, ...]:
        """Of several models that would be loaded: the more urgent one, then the one whose work takes longest even if
        the worker joins in."""
        pull = max(choice.entry.path, self._share(choice.entry.model, asking))
        return self._class(choice.bucket, asking), -pull, choice.rank

    def _share(self, model: str, asking: Asking) -> float:
        return self._backlog.seconds.get(model, 0.0) / (asking.at_work[model] + 1)

    def _loading(self, buckets: Sequence[Bucket]) -> float:
        return self._residency.load_seconds(buckets[0].entries[0].clip)

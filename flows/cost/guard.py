"""Watching what one film, or one batch, spends: reserved before it begins, and no clip begun that would pass a cap."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from flows.cost.caps import Cap, too_much
from flows.cost.estimate import CostEstimate
from flows.cost.meter import Meter
from flows.cost.prices import Prices, Spend
from flows.cost.reservations import Account, Held, OverCap
from flows.errors import EnvironmentProblem, StoreError
from flows.events import BudgetLow, Event, Failed, Finished, Progress, Started
from flows.planning.model import Clip

RENEW_SECONDS = 60.0
"""How often the reservations of a film say that it is made, and what it has used."""
LOOK_SECONDS = 1.0
"""How often a clip under way is looked at, between its beginning and its end."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Month:
    """What is reserved of a month's cap. `spent`: what the ledger says. Several threads may say what becomes of it."""

    name: str
    account: Account
    cap: Cap
    spent: Callable[[], Spend]
    film: str
    person: str
    held: list[Held] = field(default_factory=list)
    taken: float = 0.0
    _one: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, wanted: Spend) -> None:
        """Raises OverCap, StoreError, EnvironmentProblem."""
        held, taken = self.account.reserve(wanted, self.cap.most, self.spent, film=self.film, person=self.person)
        with self._one:
            if not self.held:
                self.taken = taken
            self.held.append(held)

    @property
    def allowed(self) -> float:
        """All that is ours."""
        return sum(held.asked.measured(self.cap.most) for held in self.held)

    def renew(self, used: Spend) -> None:
        """All but the last are used up to what they are of. What is settled stays so."""
        with self._one:
            for held in self.held[:-1]:
                part = min(1.0, held.asked.hours / used.hours) if used.hours else 0.0
                money = None if used.money is None else used.money * part
                held.renew(Spend(used.hours * part, money))
                used = Spend(used.hours * (1 - part), None if used.money is None else used.money * (1 - part))
            if self.held:
                self.held[-1].renew(used)

    def settle(self) -> None:
        """What was used is in the ledger."""
        with self._one:
            for held in self.held:
                held.settle()


class Guard:
    """Of the clips that are to be rendered. Asked by one thread; another one says now and then that the film is made.

    `part` of a GPU is what a worker has, `warn_at` the part of a cap after which a warning is given.
    """

    def __init__(
        self,
        clips: Iterable[Clip],
        caps: Iterable[Cap],
        month: Month | None,
        prices: Prices,
        meter: Meter,
        gpus: Iterable[str],
        *,
        part: float = 1.0,
        warn_at: float = 0.8,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caps, self._month, self._prices, self._meter = tuple(caps), month, prices, meter
        self._gpus, self._part, self._warn_at, self._clock = set(gpus), part, warn_at, clock
        self._expected = {clip.fingerprint: clip.estimated_seconds for clip in clips}
        self._left = dict(self._expected)
        self._took = self._should = 0.0
        self._warned: set[str] = set()
        self._looked = -LOOK_SECONDS
        self._ended = threading.Event()
        self.stopped = ""
        self.recorded = False
        self._renewing: threading.Thread | None = None
        if month is not None:
            self._renewing = threading.Thread(target=self._renew, name="budget", daemon=True)
            self._renewing.start()

    def note(self, event: Event) -> Iterator[BudgetLow]:
        """After the meter has heard it: caps that are nearly spent, each once. `stopped` says from then on why no
        further clip may be begun."""
        match event:
            case Started():
                self._left.pop(event.fingerprint, None)
                self._gpus |= {event.gpu} if not event.film else set()
            case Finished():
                self._left.pop(event.fingerprint, None)
                self._compare(event)
            case Failed() if event.final:
                self._left.pop(event.fingerprint, None)
            case Failed():
                self._left[event.fingerprint] = self._expected.get(event.fingerprint, 0.0)
            case Progress() if self._clock() - self._looked >= LOOK_SECONDS:
                pass
            case _:
                return
        yield from self._low(self._look())

    def again(self, clips: Iterable[Clip]) -> None:
        """Clips that are to be rendered once more, before they are begun: they count as those to be rendered do. They
        may not be begun if `stopped` says something then."""
        expected = {clip.fingerprint: clip.estimated_seconds for clip in clips}
        self._expected |= expected
        self._left |= expected
        self._look()

    def _look(self) -> Spend:
        """What is used by now; and whether another clip may be begun."""
        self._looked = self._clock()
        used = self._meter.spend(self._prices, self._looked)
        if not self.stopped and self._left:
            self.stopped = self._why_stop(used) or ""
        return used

    def settle(self) -> str | None:
        """The end. What was used and is not `recorded` in the ledger stays with the reservations. Returns what went
        wrong."""
        self._ended.set()
        if self._month is None:
            return None
        assert self._renewing is not None, "what is reserved is renewed"
        self._renewing.join()  # it may be writing, and what it knew is older
        try:
            if self.recorded or not self._meter.used:
                self._month.settle()
            else:
                self._month.renew(self._meter.spend(self._prices, self._clock()))
        except (StoreError, EnvironmentProblem) as error:
            return f"what was reserved of {self._month.cap.key} could not be given back: {error}"
        return None

    def _compare(self, event: Finished) -> None:
        """How much longer clips take than was expected; loading is not expected of a clip."""
        if not event.cached and event.fingerprint in self._expected:
            self._took += sum(took for stage, took in event.record.seconds.items() if stage != "load")
            self._should += self._expected[event.fingerprint]

    def _low(self, used: Spend) -> Iterator[BudgetLow]:
        caps = list(self._caps)
        if self._month is not None:
            caps.append(Cap("month", self._month.cap.most, self._month.cap.currency, self._month.taken))
        for cap in caps:
            if cap.of not in self._warned and cap.part(used) >= self._warn_at:
                self._warned.add(cap.of)
                yield BudgetLow(cap.key, cap.before + used.measured(cap.most), cap.most.value, cap.unit)

    def _why_stop(self, used: Spend) -> str | None:
        """If what was used, what is under way and the longest clip that may be begun next pass a cap."""
        slower = max(1.0, self._took / self._should) if self._should > 0 else 1.0
        rest = sum(
            max(0.0, self._expected.get(name, 0.0) * slower * self._part - (self._looked - one.since) * self._part)
            for name, one in self._meter.running.items()
        )
        gpu = max(self._gpus or {""}, key=lambda name: self._prices.hour(name) or 0.0)
        following = self._prices.spend(max(self._left.values()) * slower * self._part, gpu)
        soon = used + self._prices.spend(rest, gpu)
        for cap in self._caps:
            if cap.passed(soon + following):
                return _said(cap, cap.before + used.measured(cap.most), following)
        if self._month is None:
            return None
        everything = soon + self._prices.spend(sum(self._left.values()) * slower * self._part, gpu)
        return self._ask_for_more(used, soon + following, everything, following)

    def _ask_for_more(self, used: Spend, needed: Spend, everything: Spend, following: Spend) -> str | None:
        month = self._month
        assert month is not None, "asked of a month's cap"
        if needed.measured(month.cap.most) <= month.allowed:
            return None
        reason = ""
        for wanted in (everything, needed):
            more = _less(wanted, month)
            try:
                month.reserve(more)
            except OverCap as over:
                cap = Cap("month", month.cap.most, month.cap.currency)
                reason = _said(cap, over.taken - month.allowed + used.measured(cap.most), following)
            except (StoreError, EnvironmentProblem) as error:
                return f"{month.cap.key}: what else there is could not be asked for: {error}"
            else:
                return None
        return reason

    def _renew(self) -> None:
        assert self._month is not None, "there is nothing to renew else"
        while not self._ended.wait(RENEW_SECONDS):
            try:
                self._month.renew(self._meter.spend(self._prices, self._clock()))
            except (StoreError, EnvironmentProblem) as error:
                logger.warning("what is reserved of %s could not be renewed: %s", self._month.cap.key, error)
            except RuntimeError:  # a clip began or ended while it was counted
                continue


def begin(month: Month, estimate: CostEstimate, what: str) -> None:
    """Reserve the upper end of an estimate, before anything is begun. Raises UserError."""
    try:
        month.reserve(estimate.high)
    except OverCap as over:
        raise too_much(month.cap, estimate, what, over.taken, month.name) from over


def _less(wanted: Spend, month: Month) -> Spend:
    """What is wanted beyond what is ours already."""
    hours = max(0.0, wanted.hours - sum(held.asked.hours for held in month.held))
    if wanted.money is None:
        return Spend(hours, None)
    return Spend(hours, max(0.0, wanted.money - sum(held.asked.money or 0.0 for held in month.held)))


def _said(cap: Cap, spent: float, following: Spend) -> str:
    return (
        f"{cap.key}={cap.most}: {cap.said(spent)} are spent or reserved, and the next clip may take "
        f"{cap.said(following.measured(cap.most))} more; no further clip is begun"
    )

"""What a film uses of GPUs: every attempt, by the clock of whoever makes the film. Pure: the time is given.

An attempt is from when its clip is given to a worker until it has ended: loading, waiting for weights, writing too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from flows.cost.prices import Prices, Spend
from flows.events import Event, Failed, Finished, Started


@dataclass(slots=True)
class Used:
    """Seconds of a GPU for one clip. `by_gpu` are all of them; of these `failed` are of attempts that failed,
    `repeated` of work that was done again. `gpu` is that of the last attempt."""

    attempts: int = 0
    gpu: str = ""
    failed: float = 0.0
    repeated: float = 0.0
    by_gpu: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """All of them."""
        return sum(self.by_gpu.values())

    def spend(self, prices: Prices) -> Spend:
        """What they come to."""
        return sum((prices.spend(seconds, gpu) for gpu, seconds in self.by_gpu.items()), Spend())


@dataclass(frozen=True, slots=True)
class Running:
    """An attempt that has not ended."""

    worker: str
    attempt: int
    gpu: str
    since: float


class Meter:
    """Of one film, or of all films of a batch. `part` of a GPU is what a worker has, more than one in a gang; `again`
    are clips that were in the store, and are rendered once more since they are not whole."""

    def __init__(self, part: float = 1.0, again: Collection[str] = ()) -> None:
        self._part, self._again = part, set(again)
        self._used: dict[str, Used] = {}
        self._ended: dict[str, float] = {}  # seconds by GPU, of all clips: asked for at every event
        self._running: dict[str, Running] = {}

    @property
    def used(self) -> Mapping[str, Used]:
        """By clip (fingerprint), attempts that have ended."""
        return self._used

    @property
    def running(self) -> Mapping[str, Running]:
        """By clip."""
        return self._running

    def note(self, event: Event, now: float) -> None:
        """Of the pool. What is begun for another film is not ours."""
        match event:
            case Started() if not event.film:
                self._begin(event, now)
            case Finished():
                self._finish(event, now)
            case Failed() if event.because_of is None:
                self._end(event.fingerprint, now, failed=not event.lost)

    def again(self, fingerprint: str) -> None:
        """A clip that was finished is not whole: it is rendered once more."""
        self._again.add(fingerprint)

    def stop(self, now: float) -> None:
        """Nothing is rendered any more. What was under way is used, and whether it has to be repeated is not known: a
        checkpoint may be left."""
        for fingerprint in list(self._running):
            self._end(fingerprint, now, failed=None)

    def spend(self, prices: Prices, now: float) -> Spend:
        """All so far, with what is under way."""
        ended = (prices.spend(seconds, gpu) for gpu, seconds in self._ended.items())
        return sum(ended, Spend()) + self.under_way(prices, now)

    def under_way(self, prices: Prices, now: float) -> Spend:
        """What attempts have taken that have not ended."""
        each = (prices.spend((now - one.since) * self._part, one.gpu) for one in self._running.values())
        return sum(each, Spend())

    def _begin(self, event: Started, now: float) -> None:
        running = self._running.get(event.fingerprint)
        if running is not None:
            if (running.worker, running.attempt) == (event.worker, event.attempt):
                return  # said once more, by a keeper that came anew
            self._end(event.fingerprint, now, failed=False)
        self._running[event.fingerprint] = Running(event.worker, event.attempt, event.gpu, now)
        used = self._used.setdefault(event.fingerprint, Used())
        used.attempts += 1
        used.gpu = event.gpu

    def _end(self, fingerprint: str, now: float, *, failed: bool | None) -> float:
        """Seconds of the attempt that has ended; None: not whether it was for nothing."""
        running = self._running.pop(fingerprint, None)
        if running is None:
            return 0.0
        took = (now - running.since) * self._part
        used = self._used[fingerprint]
        for seconds in (used.by_gpu, self._ended):
            seconds[running.gpu] = seconds.get(running.gpu, 0.0) + took
        if failed is not None:
            used.failed += took if failed else 0.0
            used.repeated += 0.0 if failed else took
        return took

    def _finish(self, event: Finished, now: float) -> None:
        if event.fingerprint not in self._running:
            return
        took = self._end(event.fingerprint, now, failed=None)
        used = self._used[event.fingerprint]
        if event.fingerprint in self._again:
            used.repeated += took
            return
        kept = max(0.0, sum(event.record.seconds.values()) * self._part - took)  # of attempts before: it went on there
        for name in ("repeated", "failed"):
            saved = min(kept, getattr(used, name))
            setattr(used, name, getattr(used, name) - saved)
            kept -= saved

"""A pool on a virtual clock: workers that load and render for as long as it really takes, whoever gives them clips."""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.pool_work import LOAD_SECONDS, OVERHEAD_SECONDS, ROOM_GB, WEIGHTS_GB, Film, Work
from flows.cluster.queue import ClipQueue, FilmOrder
from flows.planning.model import Clip

LOOK_SECONDS = 5.0
"""How often a worker that got nothing asks again."""


@dataclass(slots=True)
class Machine:
    """A worker: the models it holds, longest unused first, and what it has done."""

    name: str
    holds: list[Clip] = field(default_factory=list)
    rendering: float = 0.0
    loading: float = 0.0
    loads: int = 0

    @property
    def warm(self) -> frozenset[str]:
        return frozenset(clip.model for clip in self.holds)


class Scheduler(Protocol):
    """Who decides. `lease` gives the clip for a machine that asks, `drop` which of its models goes first."""

    def submit(self, film: Film) -> None: ...
    def lease(self, machine: Machine, now: float) -> Clip | None: ...
    def finish(self, clip: Clip) -> None: ...
    def drop(self, machine: Machine) -> str: ...
    def expects(self, machine: Machine, now: float) -> str | None: ...


class Wanflow:
    """The queue of the pool itself."""

    def __init__(self, machines: list[Machine]) -> None:
        self.queue = ClipQueue(attempts=3)
        for clip_variant in WEIGHTS_GB:
            self.queue.learn_load_seconds(clip_variant, LOAD_SECONDS)
        for machine in machines:
            self.queue.health.join(machine.name)
            self.queue.started(machine.name, machine.name)

    def submit(self, film: Film) -> None:
        self.queue.enrol(FilmOrder(film=film.name, title=film.name, priority=film.priority, since=film.at))
        self.queue.add(film.clips, film.name)

    def lease(self, machine: Machine, now: float) -> Clip | None:
        lease = self.queue.lease(machine.name, machine.warm, now)
        return lease.clip if lease else None

    def finish(self, clip: Clip) -> None:
        self.queue.finish(clip.fingerprint)

    def drop(self, machine: Machine) -> str:
        return self.queue.drop_first(machine.name, machine.warm)[0]

    def expects(self, machine: Machine, now: float) -> str | None:
        return self.queue.next_model(machine.name, machine.warm, now)


class InOrder:
    """The first clip that is ready goes to whoever asks: in the order submitted (`by_films`), as a plain queue does, or
    in the order in which clips became ready, which is when a driver of `ray.util.ActorPool` can submit them. The model
    unused for longest goes."""

    def __init__(self, by_films: bool) -> None:
        self._by_films = by_films
        self._numbers: dict[str, int] = {}
        self._ready: list[tuple[int, str]] = []
        self._clips: dict[str, Clip] = {}
        self._waits: dict[str, set[str]] = {}
        self._followers: dict[str, list[str]] = {}
        self._came = 0

    def submit(self, film: Film) -> None:
        for clip in film.clips:
            self._clips[clip.fingerprint] = clip
            self._numbers[clip.fingerprint] = len(self._numbers)
            self._waits[clip.fingerprint] = set(clip.upstream)
            for upstream in clip.upstream:
                self._followers.setdefault(upstream, []).append(clip.fingerprint)
            if not clip.upstream:
                self._put(clip.fingerprint)

    def _put(self, name: str) -> None:
        self._came += 1
        heapq.heappush(self._ready, (self._numbers[name] if self._by_films else self._came, name))

    def lease(self, machine: Machine, now: float) -> Clip | None:
        return self._clips[heapq.heappop(self._ready)[1]] if self._ready else None

    def finish(self, clip: Clip) -> None:
        for follower in self._followers.get(clip.fingerprint, ()):
            self._waits[follower].discard(clip.fingerprint)
            if not self._waits[follower]:
                self._put(follower)

    def drop(self, machine: Machine) -> str:
        return machine.holds[0].model

    def expects(self, machine: Machine, now: float) -> str | None:
        return None


@dataclass(slots=True)
class Run:
    """What came of it. Seconds; `finished`: when each film was done, after the first was submitted."""

    makespan: float
    rendering: float
    loading: float
    loads: int
    finished: dict[str, float]
    foreseen: Counter[bool]


class Clock:
    """Events in order of their time; at each one, every idle machine asks, in an order that is drawn."""

    def __init__(self, work: Work, machines: list[Machine], scheduler: Scheduler, seed: int) -> None:
        self._work = work
        self._machines = machines
        self._scheduler = scheduler
        self._dice = random.Random(seed)
        self._done: list[tuple[float, int, Clip]] = []
        self._idle = list(range(len(machines)))
        self._foreseen: Counter[bool] = Counter()
        self._expected: dict[int, str | None] = {}

    def run(self) -> Run:
        coming = deque(sorted(self._work.films, key=lambda film: film.at))
        film_of = {clip.fingerprint: film.name for film in self._work.films for clip in film.clips}
        left = Counter(film_of.values())
        finished: dict[str, float] = {}
        now, unfinished = 0.0, len(film_of)
        while unfinished:
            while coming and coming[0].at <= now:
                self._scheduler.submit(coming.popleft())
            while self._done and self._done[0][0] <= now:
                _, number, clip = heapq.heappop(self._done)
                self._scheduler.finish(clip)
                self._idle.append(number)
                unfinished -= 1
                left[film_of[clip.fingerprint]] -= 1
                if not left[film_of[clip.fingerprint]]:
                    finished[film_of[clip.fingerprint]] = now
            self._ask(now)
            times = [self._done[0][0]] if self._done else []
            times += [coming[0].at] if coming else []
            times += [now + LOOK_SECONDS] if self._idle else []
            now = min(times)
        return Run(
            max(finished.values()),
            sum(machine.rendering for machine in self._machines),
            sum(machine.loading for machine in self._machines),
            sum(machine.loads for machine in self._machines),
            finished,
            self._foreseen,
        )

    def _ask(self, now: float) -> None:
        self._dice.shuffle(self._idle)
        waiting = []
        for number in self._idle:
            clip = self._scheduler.lease(self._machines[number], now)
            if clip is None:
                waiting.append(number)
            else:
                self._begin(number, clip, now)
        self._idle = waiting

    def _begin(self, number: int, clip: Clip, now: float) -> None:
        machine = self._machines[number]
        loading = 0.0
        if clip.model in machine.warm:
            machine.holds.sort(key=lambda one: one.model == clip.model)
        else:
            if machine.loads:
                self._foreseen[self._expected.get(number) == clip.model] += 1
            before = list(machine.holds)
            while machine.holds and sum(map(_gigabytes, machine.holds)) + _gigabytes(clip) > ROOM_GB:
                gone = self._scheduler.drop(machine)
                machine.holds = [one for one in machine.holds if one.model != gone]
            for one in reversed(before):
                if one not in machine.holds and sum(map(_gigabytes, [*machine.holds, one, clip])) <= ROOM_GB:
                    machine.holds.append(one)
            machine.holds.append(clip)
            loading = LOAD_SECONDS
            machine.loads += 1
        takes = self._work.takes[clip.fingerprint]
        machine.loading += loading
        machine.rendering += takes
        heapq.heappush(self._done, (now + loading + takes + OVERHEAD_SECONDS, number, clip))
        self._expected[number] = self._scheduler.expects(machine, now)


def _gigabytes(clip: Clip) -> float:
    return WEIGHTS_GB[clip.spec.variant]


def longest_chain(film: Film, work: Work) -> float:
    """Seconds that the film takes if it never waits, with models loaded."""
    ends: dict[str, float] = {}
    for clip in film.clips:  # upstream first
        before = max((ends[up] for up in clip.upstream), default=0.0)
        ends[clip.fingerprint] = before + work.takes[clip.fingerprint] + OVERHEAD_SECONDS
    return max(ends.values())


def lower_bound(work: Work, workers: int) -> tuple[float, str]:
    """Seconds that no order can go below, and why.

    Nothing is rendered before a model was loaded. From then on: a film is not done before it came and its longest chain
    was rendered (`path`); and what comes from some moment on takes all workers together so long (`work`; counted from
    the beginning, each worker's first load is part of it). Of a model none of whose clips can be ready at first (I2V
    goes on from what T2V rendered), so many workers are needed from then on; each of them has loaded something else
    before, or has waited (`loads`).
    """
    bounds = [(max(film.at, LOAD_SECONDS) + longest_chain(film, work), "path") for film in work.films]
    for first in work.films:
        later = (clip for film in work.films if film.at >= first.at for clip in film.clips)
        seconds = sum(work.takes[clip.fingerprint] + OVERHEAD_SECONDS for clip in later)
        bounds.append((max(first.at, LOAD_SECONDS) + seconds / workers, "work"))
    bounds.append((_with_late_loads(work, workers), "loads"))
    return max(bounds)


def _with_late_loads(work: Work, workers: int) -> float:
    """The bound by all work and first loads, and the second loads of workers for a model that comes late."""
    seconds: Counter[str] = Counter()
    first: dict[str, float] = {}
    for film in work.films:
        ends: dict[str, float] = {}
        for clip in film.clips:  # upstream first
            ready = max((ends[up] for up in clip.upstream), default=max(film.at, LOAD_SECONDS))
            ends[clip.fingerprint] = ready + work.takes[clip.fingerprint] + OVERHEAD_SECONDS
            seconds[clip.model] += work.takes[clip.fingerprint] + OVERHEAD_SECONDS
            first[clip.model] = min(first.get(clip.model, ready), ready)
    least = bound = LOAD_SECONDS + seconds.total() / workers
    for model, since in first.items():
        lost = min(LOAD_SECONDS, since - LOAD_SECONDS)
        end = least
        for _ in range(20):  # the longer it takes, the fewer workers do: comes down to what both allow
            end = least + lost * seconds[model] / (end - since) / workers
        bound = max(bound, end)
    return bound


SCHEDULERS: Mapping[str, Callable[[list[Machine]], Scheduler]] = {
    "wanflow": Wanflow,
    "first in, first out": lambda _: InOrder(by_films=True),
    "as ActorPool": lambda _: InOrder(by_films=False),
}


def simulate(work: Work, workers: int, name: str, seed: int) -> Run:
    """One scheduler on fresh machines."""
    machines = [Machine(f"worker-{number}") for number in range(workers)]
    return Clock(work, machines, SCHEDULERS[name](machines), seed).run()

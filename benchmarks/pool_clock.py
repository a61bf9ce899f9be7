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
TELL_SECONDS = 10.0
"""How often a worker that renders says how far it is, and is told what it will load next. `STEPS` make a clip."""
STEPS = 40
READ_SECONDS = 40.0
"""What reading 64 GB takes at the 1.6 GB/s that were measured."""


@dataclass(slots=True)
class Machine:
    """A worker: the models it holds, longest unused first, what it renders from when to when, the model that it is told
    it will have to load next and since when, how useful the models are, and what it has done."""

    name: str
    holds: list[Clip] = field(default_factory=list)
    clip: Clip | None = None
    begun: float = 0.0
    ends: float = 0.0
    hint: tuple[str, float] | None = None
    useful: Mapping[str, float] = field(default_factory=dict)
    rendering: float = 0.0
    loading: float = 0.0
    loads: int = 0

    @property
    def warm(self) -> frozenset[str]:
        return frozenset(clip.model for clip in self.holds)


class Scheduler(Protocol):
    """Who decides. `lease` gives the clip for a machine that asks, `drop` which of its models goes first. `look`: so
    much of what a machine renders is done; gives the model that it will have to load next, as far as is foreseen."""

    def submit(self, film: Film) -> None: ...
    def lease(self, machine: Machine, now: float) -> Clip | None: ...
    def finish(self, clip: Clip) -> None: ...
    def drop(self, machine: Machine) -> str: ...
    def look(self, machine: Machine, now: float) -> str | None: ...


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
        machine.useful = lease.useful if lease else {}
        return lease.clip if lease else None

    def finish(self, clip: Clip) -> None:
        self.queue.finish(clip.fingerprint)

    def drop(self, machine: Machine) -> str:
        return min(machine.holds, key=lambda clip: machine.useful.get(clip.model, 0.0)).model

    def look(self, machine: Machine, now: float) -> str | None:
        assert machine.clip is not None, "it renders"
        if now < machine.begun:
            return None  # it loads
        each = (machine.ends - machine.begun) / STEPS
        step = int((now - machine.begun) / each)
        self.queue.holds(machine.name, machine.warm)
        self.queue.progressed(machine.clip.fingerprint, step, STEPS, machine.begun + step * each)
        clip = self.queue.next_load(machine.name, now)
        return clip.model if clip else None


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

    def look(self, machine: Machine, now: float) -> str | None:
        return None


@dataclass(slots=True)
class Run:
    """What came of it. Seconds; `finished`: when each film was done, after the first was submitted; `foreseen`: of the
    loads after a worker's first, how often the model was named when the clip before was done (`named`) and so long
    before that its files were read (`read`); how many `hints` stood then, and how many of them were `wrong`."""

    makespan: float
    rendering: float
    loading: float
    loads: int
    finished: dict[str, float]
    foreseen: Counter[str]


class Clock:
    """Events in order of their time; at each one, every idle machine asks, in an order that is drawn."""

    def __init__(self, work: Work, machines: list[Machine], scheduler: Scheduler, seed: int) -> None:
        self._work = work
        self._machines = machines
        self._scheduler = scheduler
        self._dice = random.Random(seed)
        self._done: list[tuple[float, int, Clip]] = []
        self._idle = list(range(len(machines)))
        self._foreseen: Counter[str] = Counter()
        self._told = 0.0

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
            then = min(times, default=now)
            while self._told < then:
                self._look(max(now, self._told))
                self._told += TELL_SECONDS
            now = then
        return Run(
            max(finished.values()),
            sum(machine.rendering for machine in self._machines),
            sum(machine.loading for machine in self._machines),
            sum(machine.loads for machine in self._machines),
            finished,
            self._foreseen,
        )

    def _look(self, now: float) -> None:
        """All that render say how far they are."""
        for _, number, _ in self._done:
            machine = self._machines[number]
            model = self._scheduler.look(machine, now)
            if model is None or machine.hint is None or machine.hint[0] != model:
                machine.hint = None if model is None else (model, now)

    def _count(self, machine: Machine, clip: Clip, now: float) -> None:
        """Whether what the machine is given now was foreseen."""
        model, since = machine.hint or (None, now)
        machine.hint = None
        loads = clip.model not in machine.warm and machine.loads > 0
        self._foreseen["loads"] += loads
        self._foreseen["named"] += loads and model == clip.model
        self._foreseen["read"] += loads and model == clip.model and now - since >= READ_SECONDS
        self._foreseen["hints"] += model is not None
        self._foreseen["wrong"] += model not in (None, clip.model)

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
        self._count(machine, clip, now)
        loading = 0.0
        if clip.model in machine.warm:
            machine.holds.sort(key=lambda one: one.model == clip.model)
        else:
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
        machine.clip, machine.begun = clip, now + loading
        machine.ends = machine.begun + takes + OVERHEAD_SECONDS
        heapq.heappush(self._done, (machine.ends, number, clip))


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

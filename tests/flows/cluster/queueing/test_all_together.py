"""Whatever happens to films and workers: no clip is lost, none rendered twice, and the queue comes to its end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from flows.clips import Medium
from flows.cluster.failures import Blame, Fault
from flows.cluster.queue import ClipQueue, FilmOrder, Loss
from flows.planning.model import Clip
from flows.planning.motion import MADE_FROM, PREPARED
from tests.flows.cluster.clips import clip
from tests.flows.made import changed

VARIANTS = ("t2v-a14b", "i2v-a14b", "animate-14b")
BLAMES = (Blame.CLIP, Blame.NODE, Blame.LIKELY_CLIP, Blame.UNKNOWN, Blame.UNKNOWN)


@dataclass
class World:
    """A queue, and what its owner would know: who renders what, what each film has heard of."""

    dice: random.Random
    queue: ClipQueue = field(default_factory=lambda: ClipQueue(attempts=2))
    now: float = 1e9
    films: dict[str, dict[str, Clip]] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    rendering: dict[str, Clip] = field(default_factory=dict)
    warm: dict[str, set[str]] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)

    # films

    def film_comes(self) -> None:
        name = f"film {len(self.told)}"
        clips = {one.fingerprint: one for one in self._clips(name) if one.fingerprint not in self.published}
        self.films[name], self.told[name] = clips, set()
        deadline = self.now + self.dice.uniform(0, 500) if self.dice.random() < 0.3 else None
        self.queue.enrol(
            FilmOrder(film=name, title=name, priority=self.dice.randint(0, 2), deadline=deadline, since=self.now)
        )
        self.hear(self.queue.add(self.dice.sample(list(clips.values()), len(clips)), name))
        self.unwanted -= {one for one in self.unwanted if self.queue.wanted_by(one)}

    def _clips(self, film: str) -> Iterator[Clip]:
        """Some are the same in every film (`shared`), and start from one that is too."""
        names: list[str] = []
        for number in range(self.dice.randint(1, 8)):
            shared = number < 3
            name = f"shared {number}" if shared else f"{film} {number}"
            dice = random.Random(number) if shared else self.dice
            after = dice.sample(names, min(len(names), dice.choice((0, 1, 1, 2))))
            made = clip(name, after=after, seconds=dice.choice((0.0, 5.0, 50.0)), variant=dice.choice(VARIANTS))
            if dice.random() < 0.3:
                made = changed(made, media=(Medium(MADE_FROM, "v"), Medium(PREPARED, dice.choice("kl"))))
            names.append(name)
            yield made

    def film_goes(self) -> None:
        if self.films:
            name = self.dice.choice(sorted(self.films))
            del self.films[name]
            self.held.discard(name)
            running = {one.fingerprint for one in self.rendering.values()}
            orphans = self.queue.withdraw(name)
            assert orphans <= running
            assert all(not self.queue.wanted_by(one) for one in orphans)
            self.unwanted |= orphans
            assert self.queue.unsettled_of(name) == 0

    def film_is_paused_or_not(self) -> None:
        if self.films:
            name = self.dice.choice(sorted(self.films))
            (self.held.discard if name in self.held else self.held.add)(name)
            (self.queue.hold if name in self.held else self.queue.release)(name)

    def film_is_moved(self) -> None:
        if self.films:
            self.queue.move(self.dice.choice(sorted(self.films)), self.dice.randint(-3, 5))

    # workers

    def worker_starts(self) -> None:
        name = f"w{self.dice.randint(0, 3)}"
        if name not in self.warm:
            self.warm[name] = set()
            self.queue.health.join(name)
            small = self.dice.random() < 0.2
            fits = (lambda one: one.spec.variant != "animate-14b") if small else None
            self.hear(self.queue.started(name, f"node {self.dice.randint(0, 2)}", fits))

    def worker_leaves(self) -> None:
        idle = sorted(self.warm.keys() - self.rendering.keys())
        if len(self.warm) > 1 and idle:
            name = self.dice.choice(idle)
            del self.warm[name]
            self.hear(self.queue.leave(name, f"{name} went"))

    def worker_dies(self) -> None:
        if self.rendering:
            name = self.dice.choice(sorted(self.rendering))
            fingerprint = self.rendering.pop(name).fingerprint
            self.hear(self.queue.fail(Fault(fingerprint, "it died", Blame.UNKNOWN, spoilt=True)))
            self.queue.health.join(name)
            self.warm[name] = set()
            self.hear(self.queue.started(name, f"node {self.dice.randint(0, 2)}"))

    def worker_asks(self) -> None:
        for name in self.dice.sample(sorted(self.warm), len(self.warm)):
            if name not in self.rendering:
                self.ask(name)

    def ask(self, name: str) -> None:
        lease = self.queue.lease(name, frozenset(self.warm[name]), self.now)
        if lease is None:
            return
        mine = lease.clip
        assert mine.fingerprint not in self.published, "rendered twice"
        assert mine not in self.rendering.values(), "leased twice"
        assert not any(self.queue.wanted_by(one) for one in mine.upstream), "what it starts from is not there"
        assert self.queue.wanted_by(mine.fingerprint) - self.held, "nobody wants it now"
        assert lease.useful.keys() in ({}.keys(), self.warm[name])
        assert all(seconds >= 0 for seconds in lease.useful.values())
        self.rendering[name] = mine
        if mine.model not in self.warm[name]:  # there is room for two: the least useful goes
            kept = sorted(self.warm[name], key=lambda model: lease.useful.get(model, 0.0))[-1:]
            self.warm[name] = {*kept, mine.model}

    def worker_tells(self) -> None:
        """How far it is and what it holds; it is told what comes next, which changes nothing."""
        for name, mine in self.rendering.items():
            steps = self.dice.randint(1, 40)
            self.queue.progressed(mine.fingerprint, self.dice.randint(1, steps), steps, self.now)
            if self.dice.random() < 0.5:
                self.queue.holds(name, frozenset(self.warm[name]))
        before = self.queue.waiting(self.now)
        for name in (*self.warm, "nobody"):
            ahead = self.queue.next_load(name, self.now)
            if ahead is not None:
                assert name in self.rendering, "it is not at work"
                assert ahead.model not in self.warm[name], "it holds that"
                assert self.queue.wanted_by(ahead.fingerprint), "nobody wants it"
        assert self.queue.waiting(self.now) == before

    def worker_has_prepared(self) -> None:
        for mine in self.rendering.values():
            self.queue.prepared(mine.fingerprint)

    def worker_finishes(self) -> None:
        if self.rendering:
            mine = self.rendering.pop(self.dice.choice(sorted(self.rendering))).fingerprint
            self.published.add(mine)
            self.unwanted.discard(mine)
            for film in self.queue.finish(mine):
                self.told[film].add(mine)

    def worker_fails(self) -> None:
        if self.rendering:
            name = self.dice.choice(sorted(self.rendering))
            mine = self.rendering.pop(name).fingerprint
            self.hear(self.queue.fail(Fault(mine, "it failed", self.dice.choice(BLAMES))))
            self.unwanted.discard(mine)
            if self.queue.health.out(name) and len(self.warm) > 1:
                del self.warm[name]
                self.hear(self.queue.leave(name, "out"))

    def worker_is_cancelled(self) -> None:
        for name, mine in list(self.rendering.items()):
            if mine.fingerprint in self.unwanted:
                del self.rendering[name]
                self.queue.dropped(mine.fingerprint)
        self.unwanted.clear()

    def hear(self, losses: tuple[Loss, ...]) -> None:
        for loss in losses:
            assert loss.fingerprint not in {one.fingerprint for one in self.rendering.values()}
            for film in loss.films:
                self.told[film].add(loss.fingerprint)

    # how it ends

    def check(self) -> None:
        for film, clips in self.films.items():
            waits = {one for one in clips if film in self.queue.wanted_by(one)}
            assert waits | self.told[film] >= clips.keys(), "a clip was lost"
            assert not waits & self.told[film], "told of what it waits for"
        rows = self.queue.waiting(self.now)
        assert len(rows) == self.queue.unsettled
        assert {row.fingerprint for row in rows if row.state == "running"} == {
            one.fingerprint for one in self.rendering.values()
        }

    def come_to_an_end(self) -> None:
        """Nothing fails any more, nobody interferes: everything is rendered or told to be lost."""
        for film in list(self.held):
            self.queue.release(film)
        self.held.clear()
        while not self.warm:
            self.worker_starts()
        for _ in range(1000):
            if not self.queue.unsettled:
                break
            self.now += 5
            self.worker_asks()
            self.worker_finishes()
            if self.queue.unsettled and all(self.queue.useless(name) for name in self.warm):
                for name in list(self.warm):
                    del self.warm[name]
                    self.hear(self.queue.leave(name, "useless"))
                break
        assert self.queue.unsettled == 0, "it hangs"
        assert self.queue.waiting(self.now) == ()
        for film, clips in self.films.items():
            assert self.told[film] >= clips.keys()


HAPPENINGS = (
    [World.film_comes] * 2
    + [World.worker_starts] * 2
    + [World.worker_asks] * 6
    + [World.worker_finishes] * 5
    + [World.worker_tells] * 3
    + [World.worker_fails, World.worker_dies, World.worker_leaves, World.worker_has_prepared]
    + [World.film_goes, World.film_is_paused_or_not, World.film_is_moved, World.worker_is_cancelled]
)


@settings(max_examples=300, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.integers(0, 2**32))
def test_nothing_is_lost_nothing_twice_and_it_comes_to_an_end(seed: int) -> None:
    dice = random.Random(seed)
    world = World(dice)
    for _ in range(dice.randint(1, 60)):
        world.now += dice.choice((0.0, 1.0, 40.0, 2000.0))
        dice.choice(HAPPENINGS)(world)
        world.check()
    world.come_to_an_end()

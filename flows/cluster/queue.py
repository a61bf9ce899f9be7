"""Which clip is rendered next, by which worker. Pure: no clock, no thread, no Ray; whoever owns it asks under its lock.

The parts are in `flows.cluster.queueing`: `films` and `graph` are what is known, `ready` and `residency` follow from
it, `order` is the rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flows.cluster.failures import Blame, Fault
from flows.cluster.health import EVERY, Fits, WorkerHealth
from flows.cluster.queueing.choice import Chooser
from flows.cluster.queueing.films import FilmOrder, Films
from flows.cluster.queueing.graph import Entry, Graph
from flows.cluster.queueing.order import Order
from flows.cluster.queueing.ready import Backlog, Ready
from flows.cluster.queueing.residency import Residency
from flows.cluster.queueing.waiting import Waiting, waiting
from flows.planning.model import Clip

__all__ = ["ClipQueue", "FilmOrder", "Lease", "Loss", "Waiting"]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to render `clip`, given to one worker. `attempt` counts from 1."""

    clip: Clip
    attempt: int


@dataclass(frozen=True, slots=True)
class Loss:
    """A clip that will not be rendered, and the fingerprint of the one whose failure it follows from (its own, when
    it failed itself); `why` is for the latter. `films` wanted it."""

    fingerprint: str
    because_of: str
    why: str
    films: frozenset[str] = frozenset()


class ClipQueue:
    """The graph of the clips of all films that are still to be rendered, and the `health` that may do it.

    A clip is ready when everything it starts from is finished; an upstream that was never added is in the store. Of
    clips that need the same driving video prepared, one goes ahead; the others are not ready until the videos are
    there. A clip that several films want is rendered once. Whoever asks for a lease says the time, in seconds since
    the epoch; a worker that got none asks again when something happened, and every few seconds.
    """

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts
        self.health = WorkerHealth()
        self._graph = Graph()
        self._films = Films()
        self._ready = Ready(self._films)
        self._backlog = Backlog()
        self._residency = Residency()
        self._order = Order(self._films, self._ready, self._backlog, self._residency, self.health)
        self._chooser = Chooser(self._order, self._backlog, self._residency)
        self._preparing: dict[str, str] = {}
        self._needing: dict[str, dict[str, None]] = {}
        self._prepared: set[str] = set()
        self._unstamped: list[Entry] = []

    # films

    def enrol(self, order: FilmOrder) -> None:
        """A film comes, or what is known of it has changed. To a new one machines get another chance."""
        if self._films.enrol(order):
            self.health.forgive()

    def move(self, film: str, priority: int) -> None:
        """A person wants it sooner, or later."""
        self._films.move(film, priority)

    def hold(self, film: str) -> None:
        """Its clips are not leased until it is released, unless another film wants them. It need not be here yet."""
        self._films.hold(film)
        self._place_all(self._films.clips_of(film))

    def release(self, film: str) -> None:
        self._films.release(film)
        self._place_all(self._films.clips_of(film))

    def hold_all(self) -> None:
        """Nothing is leased until `release_all`; what is held by film stays so after it."""
        self._films.all_held = True

    def release_all(self) -> None:
        self._films.all_held = False

    def add(self, clips: Iterable[Clip], film: str = "") -> tuple[Loss, ...]:
        """The whole graph of a film, or more of it, in any order. What another film has queued is shared with it: also
        clips that these start from, and that are queued already. Returns what none of the workers can render."""
        clips = tuple(clips)
        if not self._films[film].clips:
            self._films.begin(film)
        made, moved = self._graph.add(clips)
        for entry in made:
            if entry.key is not None:
                self._needing.setdefault(entry.key, {})[entry.name] = None
        wanted = list(self._graph.before(clip.fingerprint for clip in clips))
        for entry in wanted:
            if film not in entry.films:
                entry.films.add(film)
                self._films[film].clips.add(entry.name)
                self._films[film].work += entry.seconds
        self._place_all({entry.name for entry in wanted} | moved)
        return self._lose_stranded() if self.health.workers else ()

    def withdraw(self, film: str) -> frozenset[str]:
        """The film is gone, and with it the clips that no other one wants. Returns those of them that are being
        rendered: to be cancelled, and kept until `finish`, `fail` or `dropped` is called for them."""
        entries = [self._graph[name] for name in self._films.clips_of(film)]
        for entry in entries:
            self._unwant(entry, film)
        self._films.forget(film)
        self._remove([entry for entry in entries if not entry.films and entry.leased_to is None])
        self._place_all(entry.name for entry in entries)
        return frozenset(entry.name for entry in entries if not entry.films and entry.leased_to is not None)

    def wanted_by(self, fingerprint: str) -> frozenset[str]:
        """The films that wait for the clip; none when it is not in the queue."""
        entry = self._graph.get(fingerprint)
        return frozenset(entry.films) if entry else frozenset()

    @property
    def unsettled(self) -> int:
        """How many clips are neither finished nor lost, nor dropped."""
        return len(self._graph)

    def unsettled_of(self, film: str) -> int:
        """How many of them the film waits for."""
        return len(self._films.clips_of(film))

    def waiting(self, now: float) -> tuple[Waiting, ...]:
        """Every clip of the queue, in the order in which they would be leased."""
        self._stamp(now)
        order = [] if self._films.all_held else self._order.ranked(now)
        return waiting(self._graph, self._films, order)

    # workers

    def learn_load_seconds(self, variant: str, seconds: float) -> None:
        """How long loading a model of this variant really took; weighs staying with a model against a change."""
        self._residency.learn_load(variant, seconds)

    def lease(self, worker: str, warm: Collection[str] = (), now: float = 0.0) -> Lease | None:
        """The clip for a worker that holds the models `warm` (`Clip.model`); None if there is none for it now.

        A clip that failed on this worker is left to another one that runs, unless it failed on all of them.
        """
        self._stamp(now)
        choice = None if self._films.all_held else self._chooser.choose(worker, warm, now)
        if choice is None:
            self._residency.idle(worker, warm, now)
            return None
        self._order.chosen(choice, now)
        return self._lease(choice.entry, worker, warm, now)

    def lease_to(self, worker: str, fingerprint: str, now: float = 0.0) -> Lease | None:
        """The lease of a clip that the worker renders already; None if nobody wants it, or another one has it."""
        entry = self._graph.get(fingerprint)
        if entry is None or entry.leased_to is not None or not entry.films:
            return None
        self._stamp(now)
        return self._lease(entry, worker, (entry.model,), now)

    def _lease(self, entry: Entry, worker: str, warm: Collection[str], now: float) -> Lease:
        self._residency.busy(worker, warm, entry.clip, now)
        entry.attempts += 1
        entry.leased_to, entry.since = worker, now
        self._place(entry)
        if entry.key is not None and entry.key not in self._prepared:
            self._preparing[entry.key] = entry.name
            self._place_all(self._needing[entry.key])
        return Lease(entry.clip, entry.attempts)

    def next_model(self, worker: str, warm: Collection[str], now: float = 0.0) -> str | None:
        """The model that a worker at work will most likely have to load when it is done; None: none."""
        if self._films.all_held:
            return None
        self._stamp(now)
        choice = self._chooser.choose(worker, warm, now)
        return choice.entry.model if choice is not None and choice.entry.model not in warm else None

    def drop_first(self, worker: str, warm: Collection[str]) -> tuple[str, ...]:
        """The models `warm` of a worker that needs room, least useful first: the least work waits for it, for each of
        the workers that hold it."""
        others = self._residency.held(self.health.running, worker)
        return tuple(
            sorted(warm, key=lambda model: (self._backlog.seconds.get(model, 0.0) / (others[model] + 1), model))
        )

    def useless(self, worker: str) -> bool:
        """Whether none of the clips that are left can be rendered by the worker where it is."""
        return not any(self.health.able(worker, kind) for kind in self._graph.kinds)

    def started(self, worker: str, node: str, fits: Fits | None = None) -> tuple[Loss, ...]:
        """The worker runs on that machine, on a device that has room for what `fits` says (everything, if not given).
        Returns what nobody can render, now that this is known."""
        self.health.started(worker, node, fits)
        self._residency.fresh(worker)
        return self._lose_stranded()

    def leave(self, worker: str, why: str) -> tuple[Loss, ...]:
        """The worker, which holds no clip, is not used any more. Returns what nobody can render now."""
        self.health.leave(worker, why)
        self._residency.gone(worker)
        return self._lose_stranded()

    # what became of a lease

    def prepared(self, fingerprint: str) -> None:
        """What a leased clip needed to have prepared is in the store: others that need it need not wait any more."""
        entry = self._graph.get(fingerprint)
        if entry is not None and entry.key is not None:
            self._prepared.add(entry.key)
            self._preparing.pop(entry.key, None)
            self._place_all(self._needing[entry.key])

    def finish(self, fingerprint: str) -> frozenset[str]:
        """The clip is in the store, whoever put it there; what waited for it alone becomes ready. Returns the films
        that wanted it."""
        entry = self._graph.get(fingerprint)
        if entry is None:
            return frozenset()
        self.prepared(fingerprint)
        films = frozenset(entry.films)
        if entry.leased_to is not None:
            self.health.finished(entry.leased_to, fingerprint)
        ready = self._graph.finish(fingerprint)
        self._clear(entry)
        self._place_all(one.name for one in ready)
        return films

    def fail(self, fault: Fault) -> tuple[Loss, ...]:
        """The attempt failed. Returns what is lost by it: nothing, or the clip and everything that needs it."""
        entry = self._graph.get(fault.fingerprint)
        if entry is None:
            return ()
        worker = entry.leased_to
        assert worker is not None, "only a leased clip fails"
        self._give_back(entry)
        self._residency.fresh(worker)  # until it asks again: it may be about to end
        if fault.blame is Blame.NODE:
            entry.attempts -= 1
            self.health.bar(worker, EVERY if fault.every_variant else entry.model, fault.message)
        elif fault.blame is not Blame.CLIP:
            self.health.failed(worker, fault.fingerprint)
        if not entry.films:
            self._remove([entry])
            return self._lose_stranded()
        if fault.blame is Blame.NODE:
            return self._lose_stranded()
        if self._is_lost(entry, worker, fault.blame):
            return self._lose(entry, fault.message)
        entry.doubted = fault.blame is Blame.LIKELY_CLIP
        return ()

    def dropped(self, fingerprint: str) -> None:
        """A leased clip was cancelled. If a film wants it, again or still, it will be leased once more."""
        entry = self._graph.get(fingerprint)
        if entry is None or entry.leased_to is None:
            return
        entry.attempts -= 1
        self._give_back(entry)
        if not entry.films:
            self._remove([entry])

    # one clip

    def _give_back(self, entry: Entry) -> None:
        """It is not leased any more."""
        if entry.leased_to is not None:
            self._residency.done(entry.leased_to)
        entry.leased_to = None
        self._place(entry)
        if entry.key is not None and self._preparing.get(entry.key) == entry.name:
            del self._preparing[entry.key]
            self._place_all(self._needing[entry.key])

    def _place(self, entry: Entry) -> None:
        """Into the order or out of it, as it is with the clip now."""
        wanted = any(not self._films.is_held(film) for film in entry.films)
        idle = wanted and entry.leased_to is None
        self._backlog.count(entry, idle)
        if idle and not entry.waits_for and entry.key not in self._preparing:
            if entry not in self._ready:
                self._unstamped.append(entry)
            self._ready.put(entry)
        else:
            self._ready.take(entry)

    def _place_all(self, names: Iterable[str]) -> None:
        for name in list(names):
            entry = self._graph.get(name)
            if entry is not None:
                self._place(entry)

    def _stamp(self, now: float) -> None:
        """What became ready since somebody said the time, became so now."""
        for entry in self._unstamped:
            if entry.leased_to is None:
                entry.since = now
        self._unstamped.clear()
        self._ready.stamp(now)

    def _unwant(self, entry: Entry, film: str) -> None:
        entry.films.discard(film)
        account = self._films[film]
        account.clips.discard(entry.name)
        account.work = account.work - entry.seconds if account.clips else 0.0

    def _clear(self, entry: Entry) -> None:
        """Nothing is kept of a clip that is not in the graph any more."""
        if entry.leased_to is not None:
            self._residency.done(entry.leased_to)
        self._ready.take(entry)
        self._backlog.count(entry, False)
        for film in list(entry.films):
            self._unwant(entry, film)
        self.health.settle(entry.name)
        if entry.key is not None:
            if self._preparing.get(entry.key) == entry.name:
                del self._preparing[entry.key]
                self._place_all(self._needing[entry.key])
            self._needing[entry.key].pop(entry.name, None)
            if not self._needing[entry.key]:
                del self._needing[entry.key]
                self._prepared.discard(entry.key)

    def _remove(self, entries: Collection[Entry]) -> None:
        moved = self._graph.remove(entries)
        for entry in entries:
            self._clear(entry)
        self._place_all(moved)

    # losses

    def _is_lost(self, entry: Entry, worker: str, blame: Blame) -> bool:
        if blame is Blame.CLIP or entry.attempts >= self._attempts:
            return True
        alone = not self.health.another(worker, entry.name, entry.kind)
        return blame is Blame.LIKELY_CLIP and (entry.doubted or alone)

    def _lose_stranded(self) -> tuple[Loss, ...]:
        lost: list[Loss] = []
        for kind in self._graph.kinds:
            why = self.health.why_nobody(kind)
            if why is not None:
                for name in list(kind.names):
                    entry = self._graph.get(name)
                    if entry is not None and entry.leased_to is None:
                        lost += self._lose(entry, why)
        return tuple(lost)

    def _lose(self, cause: Entry, why: str) -> tuple[Loss, ...]:
        entries = tuple(self._graph.after(cause.name))
        losses = tuple(Loss(entry.name, cause.name, why, frozenset(entry.films)) for entry in entries)
        self._remove(entries)
        return losses

"""Which clip is rendered next, by which worker. Pure: no clock, no thread, no Ray; whoever owns it asks under its lock.

The parts are in `flows.cluster.queueing`: `films` and `graph` are what is known, `places`, `ready` and `residency`
follow from it, `order` and `choice` are the rule, `forecast` plays it ahead, `losses` is what failures take along.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from flows.cluster.failures import Blame, Fault
from flows.cluster.health import EVERY, Fits, WorkerHealth
from flows.cluster.queueing.choice import Chooser
from flows.cluster.queueing.films import FilmOrder, Films
from flows.cluster.queueing.forecast import Foresight
from flows.cluster.queueing.graph import Entry, Graph
from flows.cluster.queueing.losses import Loss, given_up, losses_by, stranded
from flows.cluster.queueing.order import Order
from flows.cluster.queueing.places import Places
from flows.cluster.queueing.residency import Residency
from flows.cluster.queueing.waiting import Waiting, waiting
from flows.planning.model import Clip

__all__ = ["ClipQueue", "FilmOrder", "Lease", "Loss", "Waiting"]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to render `clip`, given to one worker. `attempt` counts from 1. `useful`: of the models that it holds,
    seconds of work that wait for each, for each of the workers that hold it; if it needs room, the least goes first."""

    clip: Clip
    attempt: int
    useful: Mapping[str, float] = field(default_factory=dict)


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
        self._places = Places(self._graph, self._films)
        self._residency = Residency()
        ready, backlog = self._places.ready, self._places.backlog
        self._order = Order(self._films, ready, backlog, self._residency, self.health)
        self._chooser = Chooser(self._order, backlog, self._residency)
        self._foresight = Foresight(self._graph, self._films, self._places, self._residency, self._order, self._chooser)

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
        self._places.settle(self._films.clips_of(film))

    def release(self, film: str) -> None:
        self._films.release(film)
        self._places.settle(self._films.clips_of(film))

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
            self._places.add(entry)
        wanted = list(self._graph.before(clip.fingerprint for clip in clips))
        for entry in wanted:
            self._films.want(film, entry)
        self._places.settle({entry.name for entry in wanted} | moved)
        return self._lose_stranded() if self.health.workers else ()

    def withdraw(self, film: str) -> frozenset[str]:
        """The film is gone, and with it the clips that no other one wants. Returns those of them that are being
        rendered: to be cancelled, and kept until `finish`, `fail` or `dropped` is called for them."""
        entries = [self._graph[name] for name in self._films.clips_of(film)]
        for entry in entries:
            self._films.unwant(film, entry)
        self._films.forget(film)
        self._remove([entry for entry in entries if not entry.films and entry.leased_to is None])
        self._places.settle(entry.name for entry in entries)
        return frozenset(entry.name for entry in entries if not entry.films and entry.leased_to is not None)

    def leave_out(self, film: str, fingerprints: Collection[str]) -> frozenset[str]:
        """The film does without these clips, and whatever waits for one is among them. Returns those that it has left;
        what is being rendered is not."""
        found = (self._graph.get(name) for name in fingerprints)
        entries = [entry for entry in found if entry and film in entry.films and entry.leased_to is None]
        for entry in entries:
            self._films.unwant(film, entry)
        self._remove([entry for entry in entries if not entry.films])
        self._places.settle(entry.name for entry in entries)
        return frozenset(entry.name for entry in entries)

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
        self._places.stamp(now)
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
        self._places.stamp(now)
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
        self._places.stamp(now)
        return self._lease(entry, worker, (entry.model,), now)

    def _lease(self, entry: Entry, worker: str, warm: Collection[str], now: float) -> Lease:
        self._residency.busy(worker, warm, entry.clip, now)
        entry.attempts += 1
        entry.leased_to, entry.since = worker, now
        self._places.leased(entry)
        return Lease(entry.clip, entry.attempts, self._useful(worker, warm))

    def _useful(self, worker: str, warm: Collection[str]) -> Mapping[str, float]:
        if len(warm) < 2:  # what goes is plain
            return {}
        others, waits = self._residency.held(self.health.running, worker), self._places.backlog.seconds
        return {model: waits.get(model, 0.0) / (others[model] + 1) for model in warm}

    def next_load(self, worker: str, now: float) -> Clip | None:
        """The clip for which a worker at work will have to load another model when it is done, as far as can be
        foreseen; None: none, or not soon."""
        if self._films.all_held:
            return None
        self._places.stamp(now)
        return self._foresight.next_load(worker, now)

    def holds(self, worker: str, warm: Collection[str]) -> None:
        """What a worker at work holds now, after it has loaded something and dropped something else."""
        self._residency.asks(worker, frozenset(warm))

    def progressed(self, fingerprint: str, step: int, steps: int, now: float) -> None:
        """A clip has been denoised so far: when its worker will be free is known better."""
        entry = self._graph.get(fingerprint)
        if entry is not None and entry.leased_to is not None:
            self._residency.progressed(entry.leased_to, step, steps, now)

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
        if entry is not None:
            self._places.prepared(entry)

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
        self._places.settle(one.name for one in ready)
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
        if given_up(entry, worker, fault.blame, self._attempts, self.health):
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
        self._places.returned(entry)

    def _clear(self, entry: Entry) -> None:
        """Nothing is kept of a clip that is not in the graph any more."""
        if entry.leased_to is not None:
            self._residency.done(entry.leased_to)
        for film in list(entry.films):
            self._films.unwant(film, entry)
        self._places.forget(entry)
        self.health.settle(entry.name)

    def _remove(self, entries: Collection[Entry]) -> None:
        moved = self._graph.remove(entries)
        for entry in entries:
            self._clear(entry)
        self._places.settle(moved)

    def _lose_stranded(self) -> tuple[Loss, ...]:
        lost: list[Loss] = []
        for name, why in stranded(self._graph, self.health):
            lost += self._lose(self._graph[name], why)
        return tuple(lost)

    def _lose(self, cause: Entry, why: str) -> tuple[Loss, ...]:
        entries = tuple(self._graph.after(cause.name))
        losses = losses_by(cause, entries, why)
        self._remove(entries)
        return losses

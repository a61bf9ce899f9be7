"""Which clip is rendered next, by which worker. Pure: no clock, no thread, no Ray; the pool asks under its lock."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flows.cluster.crew import EVERY, Crew
from flows.cluster.failures import Blame, Fault
from flows.planning.model import Clip, topological
from flows.planning.motion import prepared_key

LOAD_SECONDS = 30.0
"""What loading a variant is taken to cost until one load was timed: a tiny one takes 1 s, a real one minutes."""


@dataclass(slots=True)
class _Entry:
    clip: Clip
    waits_for: set[str]
    attempts: int = 0
    leased_to: str | None = None
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to render `clip`, given to one worker. `attempt` counts from 1."""

    clip: Clip
    attempt: int


@dataclass(frozen=True, slots=True)
class Loss:
    """A clip that will not be rendered, and the fingerprint of the one whose failure it follows from (its own, when
    it failed itself); `why` is for the latter."""

    fingerprint: str
    because_of: str
    why: str


class ClipQueue:
    """The graph of the clips still to be rendered, and the `crew` that may do it.

    A clip is ready when everything it starts from is finished; an upstream that was never added is in the store.
    Among ready clips the one with the longest way to the end of the film goes first, unless the worker would have to
    load a model for it and another one, hardly shorter, is for a model that it holds. Of clips that need the same
    driving video prepared, one goes ahead; the others are not ready until the videos are there.
    """

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts
        self.crew = Crew()
        self._entries: dict[str, _Entry] = {}
        self._followers: dict[str, list[str]] = {}
        self._ready: set[str] = set()
        self._preparing: dict[str, str] = {}
        self._prepared: set[str] = set()
        self._path: dict[str, float] = {}
        self._load_seconds: dict[str, float] = {}

    def add(self, clips: Iterable[Clip]) -> None:
        """More to render; their upstreams may be among them in any order."""
        fresh = {clip.fingerprint: clip for clip in clips if clip.fingerprint not in self._entries}
        for fingerprint, clip in fresh.items():
            waits = {up for up in clip.upstream if up in fresh or up in self._entries}
            self._entries[fingerprint] = _Entry(clip, waits)
            for upstream in waits:
                self._followers.setdefault(upstream, []).append(fingerprint)
            if not waits:
                self._ready.add(fingerprint)
        self._measure_paths()

    def _measure_paths(self) -> None:
        """Seconds from the start of each clip to the end of the longest chain that begins with it."""
        clips = {fingerprint: entry.clip for fingerprint, entry in self._entries.items()}
        for clip in reversed(topological(clips)):
            after = max((self._path.get(name, 0.0) for name in self._followers.get(clip.fingerprint, ())), default=0.0)
            self._path[clip.fingerprint] = max(clip.estimated_seconds, 1e-3) + after

    @property
    def unsettled(self) -> int:
        """How many clips are neither finished nor lost."""
        return len(self._entries)

    def learn_load_seconds(self, variant: str, seconds: float) -> None:
        """How long loading this variant really took; weighs model affinity against the longest way."""
        self._load_seconds[variant] = seconds

    def lease(self, worker: str, warm: Collection[str] = ()) -> Lease | None:
        """The best ready clip for a worker that holds the variants `warm`; None if none is ready for it.

        A clip that failed on this worker is left to another one that runs, unless it failed on all of them.
        """
        best = max(
            (name for name in self._ready if self._suits(name, worker)),
            key=lambda name: (self._worth(name, warm), name),
            default=None,
        )
        if best is None:
            return None
        self._ready.discard(best)
        entry = self._entries[best]
        entry.attempts += 1
        entry.leased_to = worker
        key = prepared_key(entry.clip)
        if key is not None and key not in self._prepared:
            self._preparing[key] = best
        return Lease(entry.clip, entry.attempts)

    def useless(self, worker: str) -> bool:
        """Whether none of the clips that are left can be rendered on the worker's machine."""
        return not any(self.crew.can(worker, entry.clip.spec.variant) for entry in self._entries.values())

    def _suits(self, fingerprint: str, worker: str) -> bool:
        variant = self._entries[fingerprint].clip.spec.variant
        if prepared_key(self._entries[fingerprint].clip) in self._preparing:
            return False
        return self.crew.can(worker, variant) and not self.crew.avoids(worker, fingerprint, variant)

    def _worth(self, fingerprint: str, warm: Collection[str]) -> float:
        variant = self._entries[fingerprint].clip.spec.variant
        loading = 0.0 if variant in warm else self._load_seconds.get(variant, LOAD_SECONDS)
        return self._path[fingerprint] - loading

    def prepared(self, fingerprint: str) -> None:
        """What a leased clip needed to have prepared is in the store: others that need it need not wait any more."""
        entry = self._entries.get(fingerprint)
        key = prepared_key(entry.clip) if entry is not None else None
        if key is not None:
            self._prepared.add(key)
            self._preparing.pop(key, None)

    def finish(self, fingerprint: str) -> None:
        """The clip is in the store; what waited for it alone becomes ready."""
        self.prepared(fingerprint)
        entry = self._entries.pop(fingerprint)
        if entry.leased_to is not None:
            self.crew.finished(entry.leased_to, fingerprint)
        for follower in self._followers.pop(fingerprint, ()):
            waiting = self._entries.get(follower)
            if waiting is not None:
                waiting.waits_for.discard(fingerprint)
                if not waiting.waits_for:
                    self._ready.add(follower)

    def fail(self, fault: Fault) -> tuple[Loss, ...]:
        """The attempt failed. Returns what is lost by it: nothing, or the clip and everything that needs it."""
        entry = self._entries[fault.fingerprint]
        worker = entry.leased_to
        assert worker is not None, "only a leased clip fails"
        entry.leased_to = None
        self._preparing = {key: name for key, name in self._preparing.items() if name != fault.fingerprint}
        self._ready.add(fault.fingerprint)
        if fault.blame is Blame.NODE:
            entry.attempts -= 1
            self.crew.bar(worker, EVERY if fault.every_variant else entry.clip.spec.variant, fault.message)
            return self._lose_stranded()
        if fault.blame is not Blame.CLIP:
            self.crew.failed(worker, fault.fingerprint)
        if self._is_lost(entry, worker, fault.blame):
            return self._lose(fault.fingerprint, fault.message)
        entry.doubted = fault.blame is Blame.LIKELY_CLIP
        return ()

    def started(self, worker: str, node: str) -> tuple[Loss, ...]:
        """The worker runs on that machine. Returns what nobody can render, now that this is known."""
        self.crew.started(worker, node)
        return self._lose_stranded()

    def leave(self, worker: str, why: str) -> tuple[Loss, ...]:
        """The worker, which holds no clip, is not used any more. Returns what nobody can render now."""
        self.crew.leave(worker, why)
        return self._lose_stranded()

    def _is_lost(self, entry: _Entry, worker: str, blame: Blame) -> bool:
        if blame is Blame.CLIP or entry.attempts >= self._attempts:
            return True
        clip = entry.clip
        alone = not self.crew.another(worker, clip.fingerprint, clip.spec.variant)
        return blame is Blame.LIKELY_CLIP and (entry.doubted or alone)

    def _lose_stranded(self) -> tuple[Loss, ...]:
        lost: list[Loss] = []
        for fingerprint, entry in list(self._entries.items()):
            if fingerprint in self._entries and entry.leased_to is None:
                why = self.crew.why_nobody(entry.clip.spec.variant)
                if why is not None:
                    lost += self._lose(fingerprint, why)
        return tuple(lost)

    def _lose(self, cause: str, why: str) -> tuple[Loss, ...]:
        lost: list[Loss] = []
        stack = [cause]
        while stack:
            name = stack.pop()
            if self._entries.pop(name, None) is None:
                continue
            self._ready.discard(name)
            lost.append(Loss(name, cause, why))
            stack.extend(self._followers.pop(name, ()))
        return tuple(lost)

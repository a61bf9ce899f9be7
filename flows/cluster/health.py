"""The workers of a pool: where each one runs, what its machine cannot render, and what speaks against it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeAlias

from flows.planning.model import Clip

STRIKES = 3
EVERY = ""
"""Stands for all models."""
REMEMBERED = 20
"""Reasons why workers went, the last ones."""

Fits: TypeAlias = Callable[[Clip], bool]
"""Whether a worker's device has room for the clip. Asked once for each kind."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Clips that can be rendered by the same workers: of one model and size. `clip` is one of them, `names` are the
    fingerprints of all."""

    model: str
    clip: Clip
    names: dict[str, None] = field(default_factory=dict)


class WorkerHealth:
    """Machines are found out by what they lack; workers by what fails on them.

    A clip that fails counts against the worker by one part in as many as it failed on: a poisonous clip fails on
    everybody, a broken worker fails alone. Once somebody has rendered the clip, it counts in full.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, str | None] = {}
        self._running: frozenset[str] = frozenset()
        self._fits: dict[str, Fits] = {}
        self._able: dict[str, dict[Kind, bool]] = defaultdict(dict)
        self._barred: dict[str, dict[str, str]] = defaultdict(dict)
        self._gone: list[str] = []
        self._failed_on: dict[str, set[str]] = defaultdict(set)
        self._rendered: set[str] = set()
        self._settled: set[str] = set()
        self._since: dict[str, set[str]] = defaultdict(set)
        self._starts: Counter[str] = Counter()

    @property
    def workers(self) -> frozenset[str]:
        """All that are in use, started or not."""
        return frozenset(self._nodes)

    @property
    def running(self) -> frozenset[str]:
        """Those whose process is up."""
        return self._running

    @property
    def bad_nodes(self) -> frozenset[str]:
        """Machines that cannot render something."""
        return frozenset(self._barred)

    def on(self, nodes: Collection[str]) -> frozenset[str]:
        """The workers that run on these machines."""
        return frozenset(worker for worker, node in self._nodes.items() if node in nodes)

    def join(self, worker: str) -> None:
        """A worker that will be started, or started again, nobody knows where."""
        self._nodes[worker] = None
        self._fits.pop(worker, None)
        self._changed()

    def started(self, worker: str, node: str, fits: Fits | None = None) -> None:
        """It runs there; `fits` says what its device has room for (everything, if not given)."""
        self._nodes[worker] = node
        self._fits.pop(worker, None)
        if fits is not None:
            self._fits[worker] = fits
        self._changed()

    def leave(self, worker: str, why: str) -> None:
        """It is not used any more."""
        if self._nodes.pop(worker, EVERY) != EVERY and why and why not in self._gone:
            self._gone = [*self._gone, why][-REMEMBERED:]
        self._fits.pop(worker, None)
        self._since.pop(worker, None)
        self._starts.pop(worker, None)
        self._changed()

    def bar(self, worker: str, model: str, why: str) -> None:
        """The machine that the worker runs on cannot render with the model (`EVERY`: anything)."""
        node = self._nodes.get(worker)
        if node is not None:
            self._barred[node].setdefault(model, why)
            self._changed()

    def forgive(self) -> None:
        """Machines get another chance: what they lacked may be there by now."""
        self._barred.clear()
        self._changed()

    def can(self, worker: str, model: str) -> bool:
        """Whether nothing is known against its machine; of a worker that has not started, nothing is."""
        barred = self._barred.get(self._nodes.get(worker) or "", {})
        return EVERY not in barred and model not in barred

    def able(self, worker: str, kind: Kind) -> bool:
        """Whether it can, and its device has room for such clips; one that has not started may."""
        known = self._able[worker]
        able = known.get(kind)
        if able is None:
            fits = self._fits.get(worker)
            able = known[kind] = self.can(worker, kind.model) and (fits is None or fits(kind.clip))
        return able

    def why_barred(self, worker: str) -> str:
        """What is known against the machine it runs on."""
        return "; ".join(dict.fromkeys(self._barred.get(self._nodes.get(worker) or "", {}).values()))

    def why_nobody(self, kind: Kind) -> str | None:
        """Why no worker can render such clips; None when one can, or may."""
        if any(self.able(worker, kind) for worker in self._nodes):
            return None
        small = any(self.can(worker, kind.model) for worker in self._nodes)
        spec = kind.clip.spec
        room = f"no device has room for {spec.num_frames} frames of {spec.width}x{spec.height} with {kind.model}"
        known = [barred.get(kind.model) or barred.get(EVERY) for barred in self._barred.values()]
        reasons = [*dict.fromkeys(why for why in (*known, *self._gone, room if small else "") if why)]
        return "no worker is left that could render it: " + "; ".join(reasons)

    def failed(self, worker: str, clip: str) -> None:
        """The clip failed on the worker, and nobody knows whose fault it is."""
        self._failed_on[clip].add(worker)
        self._since[worker].add(clip)

    def failed_to_start(self, worker: str) -> None:
        self._starts[worker] += 1

    def finished(self, worker: str, clip: str) -> None:
        """All is forgiven to the worker; whoever failed on the clip before was at fault."""
        if clip in self._failed_on:
            self._rendered.add(clip)
        self._since.pop(worker, None)
        self._starts.pop(worker, None)

    def settle(self, clip: str) -> None:
        """The clip will not be asked for again: what is known of it is kept only while it counts against somebody."""
        if clip not in self._failed_on:
            return
        self._settled.add(clip)
        for one in self._settled.difference(*self._since.values()):
            self._settled.discard(one)
            self._failed_on.pop(one, None)
            self._rendered.discard(one)

    def avoids(self, worker: str, clip: str, kind: Kind) -> bool:
        """Whether the worker should leave the clip to others: it failed here, and has not failed on another one."""
        failed_on = self._failed_on.get(clip, ())
        return worker in failed_on and bool(self._fresh(clip, kind, self.running))

    def another(self, worker: str, clip: str, kind: Kind) -> bool:
        """Whether somebody else, started or not, could be asked for the clip."""
        return bool(self._fresh(clip, kind, self.workers - {worker}))

    def strikes(self, worker: str) -> float:
        """What counts against the worker since it last finished a clip."""
        return self._starts[worker] + sum(
            1.0 if clip in self._rendered else 1 / len(self._failed_on[clip]) for clip in self._since.get(worker, ())
        )

    def out(self, worker: str) -> bool:
        """Whether it should not be used any more."""
        return self.strikes(worker) >= STRIKES - 1e-6

    def _fresh(self, clip: str, kind: Kind, workers: Collection[str]) -> list[str]:
        failed_on = self._failed_on.get(clip, ())
        return [one for one in workers if one not in failed_on and self.able(one, kind)]

    def _changed(self) -> None:
        self._running = frozenset(worker for worker, node in self._nodes.items() if node is not None)
        self._able.clear()

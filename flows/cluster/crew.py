"""The workers of a pool: where each one runs, what its machine cannot render, and what speaks against it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

STRIKES = 3
EVERY = ""
"""Stands for all variants."""


class Crew:
    """Machines are found out by what they lack; workers by what fails on them.

    A clip that fails counts against the worker by one part in as many as it failed on: a poisonous clip fails on
    everybody, a broken worker fails alone. Once somebody has rendered the clip, it counts in full.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, str | None] = {}
        self._barred: dict[str, dict[str, str]] = defaultdict(dict)
        self._gone: list[str] = []
        self._failed_on: dict[str, set[str]] = defaultdict(set)
        self._rendered: set[str] = set()
        self._since: dict[str, set[str]] = defaultdict(set)
        self._starts: Counter[str] = Counter()

    @property
    def workers(self) -> frozenset[str]:
        """All that are in use, started or not."""
        return frozenset(self._nodes)

    @property
    def running(self) -> frozenset[str]:
        """Those whose process is up."""
        return frozenset(worker for worker, node in self._nodes.items() if node is not None)

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

    def started(self, worker: str, node: str) -> None:
        self._nodes[worker] = node

    def leave(self, worker: str, why: str) -> None:
        """It is not used any more."""
        if self._nodes.pop(worker, EVERY) != EVERY and why and why not in self._gone:
            self._gone.append(why)

    def bar(self, worker: str, variant: str, why: str) -> None:
        """The machine that the worker runs on cannot render the variant (`EVERY`: anything)."""
        node = self._nodes.get(worker)
        if node is not None:
            self._barred[node].setdefault(variant, why)

    def can(self, worker: str, variant: str) -> bool:
        """Whether nothing is known against it; of a worker that has not started, nothing is."""
        barred = self._barred.get(self._nodes.get(worker) or "", {})
        return EVERY not in barred and variant not in barred

    def why_barred(self, worker: str) -> str:
        """What is known against the machine it runs on."""
        return "; ".join(dict.fromkeys(self._barred.get(self._nodes.get(worker) or "", {}).values()))

    def why_nobody(self, variant: str) -> str | None:
        """Why no worker can render the variant; None when one can, or may."""
        if any(self.can(worker, variant) for worker in self._nodes):
            return None
        known = [barred.get(variant) or barred.get(EVERY) for barred in self._barred.values()]
        reasons = [*dict.fromkeys(why for why in (*known, *self._gone) if why)]
        return "no worker is left that could render it: " + "; ".join(reasons)

    def failed(self, worker: str, clip: str) -> None:
        """The clip failed on the worker, and nobody knows whose fault it is."""
        self._failed_on[clip].add(worker)
        self._since[worker].add(clip)

    def failed_to_start(self, worker: str) -> None:
        self._starts[worker] += 1

    def finished(self, worker: str, clip: str) -> None:
        """All is forgiven to the worker; whoever failed on the clip before was at fault."""
        self._rendered.add(clip)
        self._since[worker].clear()
        self._starts[worker] = 0

    def avoids(self, worker: str, clip: str, variant: str) -> bool:
        """Whether the worker should leave the clip to others: it failed here, and has not failed on another one."""
        failed_on = self._failed_on.get(clip, set())
        return worker in failed_on and bool(self._fresh(clip, variant, self.running))

    def another(self, worker: str, clip: str, variant: str) -> bool:
        """Whether somebody else, started or not, could be asked for the clip."""
        return bool(self._fresh(clip, variant, self.workers - {worker}))

    def strikes(self, worker: str) -> float:
        """What counts against the worker since it last finished a clip."""
        return self._starts[worker] + sum(
            1.0 if clip in self._rendered else 1 / len(self._failed_on[clip]) for clip in self._since[worker]
        )

    def out(self, worker: str) -> bool:
        """Whether it should not be used any more."""
        return self.strikes(worker) >= STRIKES - 1e-6

    def _fresh(self, clip: str, variant: str, workers: Collection[str]) -> list[str]:
        failed_on = self._failed_on.get(clip, set())
        return [one for one in workers if one not in failed_on and self.can(one, variant)]

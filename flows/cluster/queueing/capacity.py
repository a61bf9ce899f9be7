"""How many workers there are for each model, when some hold several. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

ROUNDS = 4
"""At each look. Shares are kept from look to look, and settle within a hundredth in ten rounds from nothing."""
LEAST_SHARE = 1e-3
"""So that a model for which there was no work comes back."""

Holds: TypeAlias = frozenset[str]


class Capacity:
    """Workers part their time among the models that they hold so that the work of all these is done at the same time,
    as far as they are up to it: by proportional response, each gives a model so much of its time as it gets of its
    models' work there."""

    def __init__(self) -> None:
        self._shares: dict[Holds, dict[str, float]] = {}
        self._workers: dict[str, float] = {}
        self._backlog: Mapping[str, float] = {}

    def copy(self) -> Capacity:
        copied = Capacity()
        copied._shares = dict(self._shares)
        return copied

    def look(self, groups: Mapping[Holds, int], backlog: Mapping[str, float]) -> None:
        """`groups`: how many workers hold just these models; `backlog`: seconds of work that wait for each model."""
        known = self._shares
        self._backlog = backlog
        self._shares = {holds: known.get(holds) or dict.fromkeys(holds, 1 / len(holds)) for holds in groups if holds}
        for _ in range(ROUNDS):
            self._workers = self._summed(groups)
            seconds = {model: backlog.get(model, 0.0) / workers for model, workers in self._workers.items()}
            for holds, shares in self._shares.items():
                if len(holds) > 1:
                    gained = {model: max(share, LEAST_SHARE) * seconds[model] for model, share in shares.items()}
                    total = sum(gained.values())
                    if total:
                        self._shares[holds] = {model: part / total for model, part in gained.items()}
        self._workers = self._summed(groups)

    def holds(self, model: str) -> bool:
        """Whether anybody holds it."""
        return model in self._workers

    def share(self, holds: Holds, model: str) -> float:
        """The part of its time that a worker with these models has for that one."""
        return self._shares.get(holds, {}).get(model, 0.0)

    def seconds(self, model: str, more: float) -> float:
        """How long the model's work takes with so many workers more; without end if that leaves none."""
        work = self._backlog.get(model, 0.0)
        workers = self._workers.get(model, 0.0) + more
        return work / workers if workers > LEAST_SHARE else float("inf") if work else 0.0

    def _summed(self, groups: Mapping[Holds, int]) -> dict[str, float]:
        workers: dict[str, float] = {}
        for holds, shares in self._shares.items():
            for model, share in shares.items():
                workers[model] = workers.get(model, 0.0) + groups[holds] * max(share, LEAST_SHARE)
        return workers

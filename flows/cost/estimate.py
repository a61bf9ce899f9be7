"""What rendering will take of GPUs, and cost, with a range. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated

from flows.cost.prices import Prices, Spend
from flows.fields import Rounded
from flows.ledger.timings import Basis
from flows.planning.model import Clip, Plan, Totals
from flows.settings import Settings

MOST_LOADS = 4
"""Workers that are taken to load each model at most, where it is not said how many there may be."""


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What rendering takes of GPUs, loading of models included, and what that costs. Four of five films should be
    between low and high."""

    seconds: Annotated[float, Rounded(1), "of a GPU (of a worker, where there is none); half a GPU's count half"]
    low_seconds: Annotated[float, Rounded(1), "four of five films should take so long at least"]
    high_seconds: Annotated[float, Rounded(1), "and so long at most"]
    cost: Annotated[float | None, Rounded(6), "null: no price is set (`cost.gpu_hour`, `cost.worker_hour`)"]
    low_cost: Annotated[float | None, Rounded(6), "likewise"]
    high_cost: Annotated[float | None, Rounded(6), "likewise"]
    currency: str
    estimate: Annotated[Basis, "what it stands on"]
    gpus: Annotated[tuple[str, ...], "what it is of: GPUs by name, an empty one for none; []: not known"]

    @property
    def high(self) -> Spend:
        """What is reserved for it."""
        return Spend(self.high_seconds / 3600, self.high_cost)

    @property
    def of_workers(self) -> bool:
        """Whether it is rendered without GPUs."""
        return self.gpus == ("",)


def estimate_cost(plan: Plan, clips: Iterable[Clip] | None = None) -> CostEstimate:
    """Of what is new among these clips (None: of all of the plan's)."""
    if clips is None:  # in no order, which takes a while to find
        new = (clip for shot in plan.shots for take in shot.rendered if take.status == "new" for clip in take.clips)
        clips = {clip.fingerprint: clip for clip in new}.values()
    return estimate_clips(clips, [plan.totals], plan.settings)


def estimate_clips(clips: Iterable[Clip], totals: Collection[Totals], settings: Settings) -> CostEstimate:
    """The same of clips of several plans, each clip once."""
    new = [clip for clip in clips if clip.status == "new"]
    variants = {clip.spec.variant for clip in new}
    loads = {name: took for each in totals for name, took in each.loads.items() if name in variants}
    gpus = tuple(sorted({gpu for each in totals for gpu in each.gpus}))
    workers = settings.cluster.max_workers or MOST_LOADS
    workers = max(1, min(workers, max((each.width for each in totals), default=1), len(new)))
    part = share(settings, gpus)
    seconds = part * (sum(clip.estimated_seconds for clip in new) + sum(loads.values()))
    low = part * sum(clip.estimated_low for clip in new)
    high = part * (sum(clip.estimated_high for clip in new) + workers * sum(loads.values()))
    prices = Prices.of(settings.cost)
    hours = prices.between(gpus) or (None, None, None)
    cost = [
        None if hour is None else took / 3600 * hour for took, hour in zip((low, seconds, high), hours, strict=True)
    ]
    basis: Basis = max((each.estimate for each in totals), key=("measured", "scaled", "rough").index, default="rough")
    return CostEstimate(seconds, low, high, cost[1], cost[0], cost[2], prices.currency, basis, gpus)


def share(settings: Settings, gpus: Collection[str]) -> float:
    """How many GPUs a worker is: a part of one where several share it, several where a gang renders. Without GPUs,
    where workers are counted, one."""
    if tuple(gpus) == ("",):
        return 1.0
    part = settings.cluster.gpus_per_worker
    return part if 0 < part < 1 else float(settings.cluster.members)

"""What rendering may take of GPUs and cost, and what it did, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.amounts import amount
from flows.cost.spent import Spent
from flows.words import duration, money

if TYPE_CHECKING:
    from flows.batch.manifest import Entry
    from flows.cost import CostEstimate
    from flows.settings import Settings

ON = {"measured": "", "scaled": ", from other clips", "rough": ", a guess"}


def cost_lines(estimate: CostEstimate, settings: Settings) -> list[str]:
    """Of what is to be rendered; nothing where nothing is. A cap that it does not stay within by itself is named."""
    if not estimate.seconds:
        return []
    of = "of a worker" if estimate.of_workers else "of a GPU"
    between = f"{duration(estimate.low_seconds)} to {duration(estimate.high_seconds)}"
    line = f"Cost: {duration(estimate.seconds)} {of} ({between}{ON[estimate.estimate]})"
    if estimate.cost is not None and estimate.low_cost is not None and estimate.high_cost is not None:
        low, high = (money(value, "").strip() for value in (estimate.low_cost, estimate.high_cost))
        line += f", {money(estimate.cost, estimate.currency)} ({low} to {high})"
    cap = settings.cost.cap.film
    if cap is None:
        return [line]
    most = amount(cap)
    if estimate.high.measured(most) > most.value:
        line += f"; more than cost.cap.film={most} allows"
    return [line]


def spent_lines(spent: Spent) -> list[str]:
    """Of what was rendered; nothing where nothing was."""
    if not spent.used_seconds:
        return []
    cost = f", {money(spent.cost, spent.currency)}" if spent.cost is not None else ""
    parts = (("failed", spent.failed_seconds), ("repeated", spent.repeated_seconds))
    wasted = [f"{name} {duration(seconds)}" for name, seconds in parts if seconds >= 0.05]
    return [f"used {duration(spent.used_seconds)}{cost}" + (f"; of it wasted: {', '.join(wasted)}" if wasted else "")]


def batch_spent(entries: Sequence[Entry]) -> Spent:
    """The sum over a batch, of what was rendered now."""
    made = [entry for entry in entries if entry.state not in ("kept", "refused")]
    costs = [entry.cost for entry in made if entry.gpu_seconds]
    known = [cost for cost in costs if cost is not None]
    return Spent(
        used_seconds=sum(entry.gpu_seconds for entry in made),
        failed_seconds=sum(entry.failed_seconds for entry in made),
        repeated_seconds=sum(entry.repeated_seconds for entry in made),
        cost=sum(known) if len(known) == len(costs) else None,
        currency=next((entry.currency for entry in made if entry.currency), ""),
    )

"""What rendering may take of GPUs and cost, and what it did, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flows.cost import estimate_cost
from flows.cost.caps import Of, caps_of
from flows.cost.spent import Spent
from flows.fields import plain
from flows.words import count, duration, money

if TYPE_CHECKING:
    from flows.batch.manifest import Entry
    from flows.batch.plan import BatchPlan
    from flows.cost import CostEstimate
    from flows.settings import Settings

ON = {"measured": "", "scaled": ", from other clips", "rough": ", a guess"}


def cost_lines(estimate: CostEstimate, settings: Settings, of: Of = "film", label: str = "Cost") -> list[str]:
    """Of a film, or a batch, that is to be rendered; nothing where nothing is. Caps that it does not stay within by
    itself are named: its own, and the month's."""
    if not estimate.seconds:
        return []
    line = f"{label}: {in_words(plain(estimate))}"
    more = _more_than(estimate, settings, of)
    return [f"{line}; {more}" if more else line]


def _more_than(estimate: CostEstimate, settings: Settings, of: Of) -> str:
    caps = caps_of(settings.cost.cap, settings.cost.currency, of, "month")
    passed = [f"{cap.key}={cap.most}" for cap in caps if cap.passed(estimate.high)]
    return f"more than {' and '.join(passed)} {'allow' if passed[1:] else 'allows'}" if passed else ""


def batch_cost_lines(plan: BatchPlan) -> list[str]:
    """The same of a batch, and of its films that do not stay within a film's cap."""
    lines = cost_lines(plan.cost, plan.settings, "batch")
    return lines + [f"      {line}" for line in _dear_films(plan)] if lines else []


def _dear_films(plan: BatchPlan) -> Iterator[str]:
    """Films that pass a film's cap."""
    for cap in caps_of(plan.settings.cost.cap, plan.settings.cost.currency, "film"):
        dear = [each for each in plan.films if cap.passed(estimate_cost(each.plan).high)]
        if dear:
            first = plan.named(dear[0].film.row, dear[0].name)
            others = f" and {count(len(dear) - 1, 'film')} more" if dear[1:] else ""
            yield f"more than {cap.key}={cap.most} allows: {first}{others}"


def passed_elsewhere(estimate: CostEstimate, settings: Settings, batch: BatchPlan | None = None) -> list[str]:
    """Warnings of what is made on another machine: caps that will refuse it there, if nothing of it is in the store."""
    lines = [_more_than(estimate, settings, "film" if batch is None else "batch")] if estimate.seconds else []
    lines += _dear_films(batch) if batch is not None else ()
    return [f"{line}; if nothing of it is in the store, it is refused where it is made" for line in lines if line]


def in_words(estimate: Mapping[str, Any]) -> str:
    """Time, money where there are prices, each with its range; of an estimate as programs have it."""
    of = "of a worker" if list(estimate["gpus"]) == [""] else "of a GPU"
    between = f"{duration(estimate['low_seconds'])} to {duration(estimate['high_seconds'])}"
    line = f"{duration(estimate['seconds'])} {of} ({between}{ON[estimate['estimate']]})"
    if estimate["cost"] is None:
        return line
    low, high = (money(estimate[name], "").strip() for name in ("low_cost", "high_cost"))
    return f"{line}, {money(estimate['cost'], estimate['currency'])} ({low} to {high})"


def spent_lines(spent: Spent) -> list[str]:
    """Of what was rendered; nothing where nothing was."""
    return [spent.words] if spent.words else []


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

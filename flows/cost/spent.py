"""What was used, in sums: of a film that is made, of a batch, of rows of the ledger. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated

from flows.cost.estimate import share
from flows.cost.meter import Meter, Used
from flows.cost.prices import Prices, Spend
from flows.fields import Rounded
from flows.planning.model import Plan
from flows.words import duration, money


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was used of GPUs (of workers, where there are none), and what of it came to nothing."""

    used_seconds: Annotated[float, Rounded(3), "of a GPU, all attempts, loading too"] = 0.0
    failed_seconds: Annotated[float, Rounded(3), "of these, of attempts that failed"] = 0.0
    repeated_seconds: Annotated[float, Rounded(3), "of these, of work that was done again"] = 0.0
    cost: Annotated[float | None, Rounded(6), "null: no price was set for some of it"] = 0.0
    currency: str = ""

    @property
    def wasted_seconds(self) -> float:
        """Failed and repeated."""
        return self.failed_seconds + self.repeated_seconds

    @property
    def words(self) -> str:
        """`used 3 min 20 s of machine time, 0.42 EUR`, and what of it was wasted; empty where nothing was used."""
        if not self.used_seconds:
            return ""
        cost = f", {money(self.cost, self.currency)}" if self.cost is not None else ""
        parts = (("failed", self.failed_seconds), ("repeated", self.repeated_seconds))
        wasted = ", ".join(f"{name} {duration(seconds)}" for name, seconds in parts if seconds >= 0.05)
        return f"used {duration(self.used_seconds)} of machine time{cost}" + (
            f"; of it wasted: {wasted}" if wasted else ""
        )


def meter_of(plan: Plan, damaged: Collection[str]) -> Meter:
    """Of a film, some clips of which are rendered again since they are damaged."""
    return Meter(share(plan.settings, plan.totals.gpus), damaged)


def spent_of(used: Iterable[Used], prices: Prices) -> Spent:
    """The sum."""
    each = tuple(used)
    return Spent(
        used_seconds=sum(one.seconds for one in each),
        failed_seconds=sum(one.failed for one in each),
        repeated_seconds=sum(one.repeated for one in each),
        cost=sum((one.spend(prices) for one in each), Spend()).money,
        currency=prices.currency,
    )

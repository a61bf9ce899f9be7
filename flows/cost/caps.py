"""Caps: whether what is wanted stays within them, and what is said where it does not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from flows.amounts import Amount, amount
from flows.cost.estimate import CostEstimate
from flows.cost.prices import DEFAULT, Prices, Spend
from flows.errors import SettingsError, UserError
from flows.settings import CapSettings
from flows.words import money

Of: TypeAlias = Literal["film", "batch", "month"]
LESS: Final[Mapping[Of, str]] = {"film": "--only, --draft", "batch": "fewer films, --draft"}
"""How less is rendered."""
FILM_OF_BATCH = "leave films out, --draft"
"""Of films of a batch."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so much for a film, a batch or a month, `before` of which was spent already. `currency` is that of
    amounts of money."""

    of: Of
    most: Amount
    currency: str
    before: float = 0.0

    @property
    def key(self) -> str:
        """As it is configured."""
        return f"cost.cap.{self.of}"

    @property
    def unit(self) -> str:
        """What it is measured in."""
        return "GPU h" if self.most.hours else self.currency

    def said(self, value: float) -> str:
        """An amount in its unit."""
        return f"{value:,.4g} {self.unit}" if self.most.hours else money(value, self.currency)

    def passed(self, spent: Spend) -> bool:
        """Whether so much more is too much."""
        return self.before + spent.measured(self.most) > self.most.value

    def part(self, spent: Spend) -> float:
        """The part of it that is spent."""
        return (self.before + spent.measured(self.most)) / self.most.value if self.most.value else 1.0


def caps_of(settings: CapSettings, currency: str, *which: Of) -> Iterator[Cap]:
    """Those that are set."""
    texts: dict[Of, str | None] = {"film": settings.film, "batch": settings.batch, "month": settings.month}
    for of in which:
        if (text := texts[of]) is not None:
            yield Cap(of, amount(text), currency)


def check_priced(cap: Cap, estimate: CostEstimate, prices: Prices) -> None:
    """Raises SettingsError for a cap in money where what is rendered on has no price."""
    if cap.most.hours or estimate.high_cost is not None:
        return
    if estimate.of_workers:
        what, fix = "a worker without a GPU", "cost.worker_hour=0.10"
    else:
        unpriced = [gpu for gpu in estimate.gpus if gpu and prices.hour(gpu) is None]
        what, fix = (unpriced[0] if unpriced else "GPUs"), f"cost.gpu_hour={{{DEFAULT}: 2.00}}"
    raise SettingsError(
        f"{cap.key}={cap.most}: is money, and no price is set for {what}\n"
        f"    set one, as in {fix}, or limit hours: {cap.key}=20h"
    )


def check_fits(cap: Cap, estimate: CostEstimate, what: str, less: str = LESS["film"]) -> None:
    """Raises UserError if the upper end of an estimate passes a cap; `what` is to be rendered, `less` says how it would
    be less."""
    if cap.passed(estimate.high):
        raise too_much(cap, estimate, what, cap.before, less=less)


def too_much(
    cap: Cap, estimate: CostEstimate, what: str, taken: float, month: str = "", less: str = LESS["film"]
) -> UserError:
    """What is said of something that does not fit, `taken` being spent or reserved."""
    later = ", or wait until others are done, or for the next month" if month else f", or render less: {less}"
    return UserError(
        f"{cap.key}={cap.most}: {what} {most_said(replace(cap, before=taken), estimate, month)}\n"
        f"    {cap.key}={needed(cap, estimate, taken)} allows it{later}"
    )


def most_said(cap: Cap, estimate: CostEstimate, month: str = "") -> str:
    """What something may take, and what was spent before: `may take up to 4.10 EUR (about 3.20 EUR)`."""
    likely = Spend(estimate.seconds / 3600, estimate.cost).measured(cap.most)
    of_month = f" of {month}" if month else ""
    spent = f", and {cap.said(cap.before)} of {cap.said(cap.most.value)}{of_month} are spent or reserved"
    high = estimate.high.measured(cap.most)
    return f"may take up to {cap.said(high)} (about {cap.said(likely)}){spent if cap.before else ''}"


def needed(cap: Cap, estimate: CostEstimate, taken: float) -> Amount:
    """A cap that allows it."""
    return Amount(_rounded_up(taken + estimate.high.measured(cap.most)), cap.most.hours)


def _rounded_up(value: float) -> float:
    """Two digits more than its first: what was said of it in fewer may be less."""
    step = 10.0 ** (len(str(int(value))) - 3)
    return float(f"{(int(value / step) + 1) * step:.6g}")

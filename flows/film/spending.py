"""What a film in the making spends: its guard, and what its rows of the ledger say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flows.cost import Prices, Used, estimate_cost
from flows.cost.guard import Guard
from flows.cost.opening import Wanted, open_guard
from flows.ledger import LedgerRow
from flows.person import person
from flows.planning.model import Clip

if TYPE_CHECKING:
    from flows.film.making import Making


def guard_of(making: Making, missing: Sequence[Clip]) -> Guard | None:
    """Of a film of which these clips are about to be rendered; None: there are none, or no cap. Raises UserError for
    one that would pass a cap."""
    plan = making.plan
    wanted = Wanted(
        of="film",
        name=plan.slug,
        what=f"the film {plan.title!r}",
        clips=[clip.fingerprint for clip in plan.clips],
        missing=missing,
        estimate=estimate_cost(plan, missing),
        person=person(),
    )
    return open_guard(wanted, plan.settings, making.store, making.meter)


class Spending:
    """What was used for the clips of a film; each is noted in the first row that is of it."""

    def __init__(self, making: Making) -> None:
        self._prices = Prices.of(making.plan.settings.cost)
        self.used: dict[str, Used] = dict(making.meter.used)
        self._noted: set[str] = set()

    def noted(self, row: LedgerRow) -> LedgerRow:
        """The row, with what was used for its clip."""
        used = self.used.get(row.fingerprint)
        if used is None or row.fingerprint in self._noted:
            return row
        self._noted.add(row.fingerprint)
        cost = used.spend(self._prices).money
        return replace(
            row,
            gpu=used.gpu,
            attempts=used.attempts,
            used_seconds=round(used.seconds, 3),
            failed_seconds=round(used.failed, 3),
            repeated_seconds=round(used.repeated, 3),
            price_hour=self._prices.hour(used.gpu),
            cost=None if cost is None else round(cost, 6),
            currency="" if cost is None else self._prices.currency,
        )

"""From the configuration to a guard: what was spent before is looked up, and the month's part reserved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flows.cost.caps import LESS, Cap, Of, caps_of, check_fits, check_priced
from flows.cost.estimate import CostEstimate, share
from flows.cost.guard import Guard, Month, begin
from flows.cost.meter import Meter
from flows.cost.month import month_of, spent_in_month, spent_on
from flows.cost.prices import Prices, Spend
from flows.cost.reservations import Account
from flows.ledger import Chosen
from flows.planning.model import Clip
from flows.settings import Settings
from flows.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be rendered: a film (`of` "film"), or a batch; `name` is its slug, `what` people call it. `clips` are
    all of it, `missing` those to render."""

    of: Of
    name: str
    what: str
    clips: Collection[str]
    missing: Sequence[Clip]
    estimate: CostEstimate
    person: str = ""


def open_guard(wanted: Wanted, settings: Settings, store: Store, meter: Meter) -> Guard | None:
    """None where there is no cap, or nothing to render. Raises UserError for what would pass a cap (nothing is reserved
    then), SettingsError for one in money without prices, StoreError, EnvironmentProblem."""
    cost, estimate = settings.cost, wanted.estimate
    prices = Prices.of(cost)
    caps = list(caps_of(cost.cap, prices.currency, wanted.of, "month"))
    if not caps or not wanted.missing:
        return None
    for cap in caps:
        check_priced(cap, estimate, prices)
    own = [
        replace(cap, before=_spent_before(wanted, store, prices).measured(cap.most))
        for cap in caps
        if cap.of != "month"
    ]
    for cap in own:
        check_fits(cap, estimate, wanted.what, LESS[wanted.of])
    month = next((_month(cap, wanted, settings, store, prices) for cap in caps if cap.of == "month"), None)
    if month is not None:
        begin(month, estimate, wanted.what)
    return Guard(
        wanted.missing,
        own,
        month,
        prices,
        meter,
        estimate.gpus,
        part=share(settings, estimate.gpus),
        warn_at=cost.warn_at,
    )


def _spent_before(wanted: Wanted, store: Store, prices: Prices) -> Spend:
    """By the same film, or batch, on the clips that it has now: what was stopped by a cap goes on with a higher one."""
    chosen = Chosen(batch=wanted.name) if wanted.of == "batch" else Chosen(film=wanted.name, batch="")
    return spent_on(store, chosen, frozenset(wanted.clips), prices)


def _month(cap: Cap, wanted: Wanted, settings: Settings, store: Store, prices: Prices) -> Month:
    zone = settings.cost.timezone
    now = datetime.now(UTC)
    name, _, _ = month_of(now, zone)
    return Month(
        name=name,
        account=Account(store, name),
        cap=cap,
        spent=lambda: spent_in_month(store, now, zone, prices),
        film=wanted.what,
        person=wanted.person,
    )

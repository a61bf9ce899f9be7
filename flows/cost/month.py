"""Calendar months of a time zone, and what the ledger says was spent in one. Pure but for reading the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from flows.cost.prices import Prices, Spend
from flows.ledger import Chosen, Columns, read_columns
from flows.store import Store

COUNTED = ("used_seconds", "cost", "currency", "gpu")


def zone_of(name: str | None) -> tzinfo | None:
    """A zone by its name; None: this machine's, as `datetime.astimezone` takes it."""
    return None if name is None else ZoneInfo(name)


def month_of(now: datetime, timezone: str | None) -> tuple[str, datetime, datetime]:
    """The month that a moment is in: its name (`2026-11`), its first moment and that of the next one."""
    zone = zone_of(timezone)
    first = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    later = first + timedelta(days=32)
    # the offset is that of the day itself, not of today: clocks may have been set in between
    begin, end = (datetime(day.year, day.month, 1, tzinfo=zone).astimezone(zone) for day in (first, later))
    return first.strftime("%Y-%m"), begin, end


def spent_in_month(store: Store, now: datetime, timezone: str | None, prices: Prices) -> Spend:
    """Of all films that share the store. Raises StoreError, EnvironmentProblem."""
    _, begin, end = month_of(now, timezone)
    return total(read_columns(store, COUNTED, Chosen(since=begin, until=end)), prices)


def spent_on(store: Store, chosen: Chosen, fingerprints: Collection[str], prices: Prices) -> Spend:
    """Of the rows that are chosen, on these clips."""
    found = read_columns(store, (*COUNTED, "fingerprint"), chosen)
    names = found["fingerprint"]
    return total(found.take([row for row in range(len(found)) if names[row] in fingerprints]), prices)


def spent_by_film(
    store: Store, batch: str, fingerprints: Mapping[str, Collection[str]], prices: Prices
) -> dict[str, Spend]:
    """Of the films of a batch, each on these clips; those of which nothing was spent are left out."""
    found = read_columns(store, (*COUNTED, "slug", "fingerprint"), Chosen(batch=batch))
    rows: dict[str, list[int]] = {}
    for row, (film, fingerprint) in enumerate(zip(found["slug"], found["fingerprint"], strict=True)):
        if fingerprint in fingerprints.get(film, ()):
            rows.setdefault(film, []).append(row)
    return {film: total(found.take(own), prices) for film, own in rows.items()}


def total(rows: Columns, prices: Prices) -> Spend:
    """What rows of the ledger come to. What was paid in another currency, or had no price then, counts by the prices of
    today."""
    seconds, money, known = 0.0, 0.0, True
    for used, cost, currency, gpu in zip(*(rows[name] for name in COUNTED), strict=True):
        if not used:
            continue
        seconds += used
        if cost is None or currency != prices.currency:
            cost = prices.spend(used, gpu or "").money
        known = known and cost is not None
        money += cost or 0.0
    return Spend(seconds / 3600, money if known else None)

"""Whose month: of a time zone, with its clocks; and what the ledger says was spent in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.cost.month import month_of, spent_in_month, spent_on
from flows.cost.prices import Prices
from flows.ledger import Chosen, append_rows
from flows.store import open_store
from tests.flows.ledger.test_history import ROW

PRICES = Prices({"default": 7.2}, 3.6, "EUR")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def used(when: str, seconds: float, **values: object) -> object:
    named = {"currency": "EUR", "cost": seconds / 1000, "fingerprint": "a" * 64, **values}
    return replace(ROW, when=at(when).astimezone(UTC), used_seconds=seconds, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "zone", "name", "begin", "end"),
    [
        ("2026-11-30T23:30:00+00:00", "UTC", "2026-11", "2026-11-01T00:00+00:00", "2026-12-01T00:00+00:00"),
        ("2026-11-30T23:30:00+00:00", "Europe/Berlin", "2026-12", "2026-12-01T00:00+01:00", "2027-01-01T00:00+01:00"),
        ("2026-10-15T12:00:00+00:00", "Europe/Berlin", "2026-10", "2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00"),
        (
            "2026-11-01T03:00:00+00:00",
            "America/New_York",
            "2026-10",
            "2026-10-01T00:00-04:00",
            "2026-11-01T00:00-04:00",
        ),
    ],
)
def test_a_month_is_of_a_zone(now: str, zone: str, name: str, begin: str, end: str) -> None:
    assert month_of(at(now), zone) == (name, at(begin), at(end))


def test_the_sum_of_a_month_has_its_first_moment_and_not_that_of_the_next(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    append_rows(
        store,
        [
            used("2026-10-31T23:59:59+01:00", 1000.0),  # type: ignore[list-item]
            used("2026-11-01T00:00:00+01:00", 3600.0),
            used("2026-11-30T23:59:59+01:00", 3600.0),
            used("2026-12-01T00:00:00+01:00", 1000.0),
        ],
    )
    spent = spent_in_month(store, at("2026-11-15T12:00:00+00:00"), "Europe/Berlin", PRICES)
    assert (spent.hours, spent.money) == (pytest.approx(2), pytest.approx(7.2))


def test_what_had_no_price_or_another_currency_counts_by_todays_price(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    append_rows(
        store,
        [
            used("2026-11-02T00:00:00+00:00", 3600.0, cost=None, currency=""),  # type: ignore[list-item]
            used("2026-11-03T00:00:00+00:00", 3600.0, cost=99.0, currency="USD", gpu="NVIDIA L4"),
        ],
    )
    now = at("2026-11-15T12:00:00+00:00")
    assert spent_in_month(store, now, "UTC", PRICES).money == pytest.approx(3.6 + 7.2)
    assert spent_in_month(store, now, "UTC", Prices({}, None, "EUR")).money is None


def test_a_film_has_spent_what_its_clips_of_now_have_cost(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    rows = [
        used("2026-11-02T00:00:00+00:00", 3600.0),
        used("2026-11-02T01:00:00+00:00", 3600.0, fingerprint="b" * 64),
        used("2026-11-02T02:00:00+00:00", 3600.0, slug="another", film="Another"),
        used("2026-11-02T03:00:00+00:00", 3600.0, batch="spring"),
    ]
    append_rows(store, rows)  # type: ignore[arg-type]
    assert spent_on(store, Chosen(film=ROW.slug, batch=""), {"a" * 64}, PRICES).hours == pytest.approx(1)
    assert spent_on(store, Chosen(batch="spring"), {"a" * 64}, PRICES).hours == pytest.approx(1)

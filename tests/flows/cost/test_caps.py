"""Caps: whether an estimate fits, and what a person is told who asks for too much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.amounts import Amount, amount
from flows.cost.caps import Cap, caps_of, check_fits, check_priced, too_much
from flows.cost.estimate import CostEstimate
from flows.cost.prices import Prices
from flows.errors import SettingsError, UserError
from flows.settings import CapSettings

ESTIMATE = CostEstimate(3600.0, 1800.0, 7200.0, 3.5, 1.75, 7.0, "EUR", "measured", ("NVIDIA H200",))


def cap(text: str, before: float = 0.0) -> Cap:
    return Cap("film", amount(text), "EUR", before)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500", Amount(500)),
        ("0", Amount(0)),
        ("12.5", Amount(12.5)),
        ("20h", Amount(20, True)),
        (".5 h", Amount(0.5, True)),
    ],
)
def test_an_amount_is_money_or_hours(text: str, value: Amount) -> None:
    assert amount(text) == value


@pytest.mark.parametrize("text", ["-1", "-1h", "nan", "inf", "ten", "5 EUR", "20m", "", "1e400"])
def test_what_is_no_amount_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"is (no amount; write money as 500|out of range)"):
        amount(text)


def test_the_upper_end_decides() -> None:
    check_fits(cap("7"), ESTIMATE, "the film")
    check_fits(cap("2h"), ESTIMATE, "the film")
    for text, before in (("6.99", 0.0), ("1.99h", 0.0), ("8", 1.5)):
        with pytest.raises(UserError):
            check_fits(cap(text, before), ESTIMATE, "the film")


def test_whoever_asks_for_too_much_is_told_the_numbers_and_a_cap_that_would_do() -> None:
    with pytest.raises(UserError) as refused:
        check_fits(cap("10", before=6.0), ESTIMATE, "the film 'Spot'")
    said, fix = str(refused.value).splitlines()
    assert said == (
        "cost.cap.film=10: the film 'Spot' may take up to 7.00 EUR (about 3.50 EUR), "
        "and 6.00 EUR of 10.00 EUR are spent or reserved"
    )
    assert fix.endswith(", or render less: --only, --draft")
    allowed = amount(fix.split("=")[1].split()[0])
    check_fits(replace(cap("10", before=6.0), most=allowed), ESTIMATE, "the film")
    month = Cap("month", Amount(2, hours=True), "EUR")
    assert "of 2 GPU h of 2026-11 are" in str(too_much(month, ESTIMATE, "the film", 1.5, "2026-11"))


def test_money_needs_a_price_and_hours_none() -> None:
    bare = replace(ESTIMATE, cost=None, low_cost=None, high_cost=None)
    check_priced(cap("20h"), bare, Prices({}, None, "EUR"))
    with pytest.raises(SettingsError, match=r"no price is set for NVIDIA H200\n.*gpu_hour=\{default: 2\.00\}.*20h"):
        check_priced(cap("20"), bare, Prices({}, None, "EUR"))


def test_only_what_is_set_is_a_cap() -> None:
    settings = CapSettings(film=None, batch="3", month="20h")
    assert [one.key for one in caps_of(settings, "EUR", "film", "batch", "month")] == [
        "cost.cap.batch",
        "cost.cap.month",
    ]
    assert [one.unit for one in caps_of(settings, "EUR", "batch", "month")] == ["EUR", "GPU h"]

"""Prices by what is in a GPU's name, and sums of money and hours."""

from __future__ import annotations

import pytest

from flows.amounts import Amount
from flows.cost.prices import Prices, Spend

PRICES = Prices({"H200": 3.5, "A100": 1.2, "A100 80GB": 1.8, "L4": 0.7, "default": 2.0}, 0.1, "EUR")


@pytest.mark.parametrize(
    ("gpu", "hour"),
    [
        ("NVIDIA H200", 3.5),
        ("NVIDIA A100-SXM4-40GB", 1.2),
        ("NVIDIA A100-SXM4-80GB", 1.8),
        ("NVIDIA L40S", 2.0),
        ("nvidia h200", 3.5),
        ("", 0.1),
    ],
)
def test_the_name_that_says_most_of_a_gpu_has_its_price(gpu: str, hour: float) -> None:
    assert PRICES.hour(gpu) == hour


def test_what_has_no_price_is_told_in_hours_alone() -> None:
    bare = Prices({"H200": 3.5}, None, "EUR")
    assert bare.hour("NVIDIA L4") is None
    assert bare.spend(1800, "") == Spend(0.5, None)
    assert bare.spend(1800, "NVIDIA H200") + bare.spend(1800, "") == Spend(1.0, None)
    assert bare.between(["NVIDIA H200", ""]) is None
    assert bare.between(()) == (3.5, 3.5, 3.5)


def test_of_gpus_that_are_not_known_the_price_has_a_range() -> None:
    assert PRICES.between(["NVIDIA H200", "NVIDIA L4"]) == (0.7, pytest.approx(2.1), 3.5)


def test_a_cap_is_measured_in_its_unit() -> None:
    spent = PRICES.spend(7200, "NVIDIA H200")
    assert spent.measured(Amount(5, hours=True)) == 2.0
    assert spent.measured(Amount(5)) == 7.0

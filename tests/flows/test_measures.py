"""The table of measures: budgets, and how values are said."""

from __future__ import annotations

import pytest

from flows.measures import MEASURES, shown


@pytest.mark.parametrize("name", MEASURES)
def test_a_budget_is_within_its_bounds_and_what_is_right_at_it_is_not_over(name: str) -> None:
    measure = MEASURES[name]
    assert 0 <= measure.budget <= measure.most
    assert not measure.over(measure.budget, measure.budget)
    worse = measure.budget - 0.01 if measure.lower else measure.budget + 0.01
    assert measure.over(worse, measure.budget)
    assert measure.share(worse, measure.budget) > 1


def test_a_value_is_said_in_its_own_unit() -> None:
    assert shown("delta_e", 2.126) == "colour differs by 2.13 ΔE2000"
    assert shown("flash", 0.041) == "brightness jumps by 4.1% of the light"
    assert shown("motion", 1.5) == "motion changes by 150% of the speed"
    assert shown("doubled", 1) == "frames shown twice: 1 frame"
    assert shown("frozen", 0.9375) == "the picture stands for 0.938 s"

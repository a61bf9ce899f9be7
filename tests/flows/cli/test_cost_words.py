"""What costs are said to be, before and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.batch.manifest import Entry
from flows.batch.plan import plan_batch
from flows.cli.cost_words import batch_cost_lines, batch_spent, cost_lines, spent_lines
from flows.config import compose
from flows.cost import CostEstimate, estimate_cost
from flows.cost.spent import Spent
from tests.flows.batch.batches import asked, table

ESTIMATE = CostEstimate(360.0, 240.0, 540.0, 0.35, 0.2333, 0.525, "EUR", "measured", ("NVIDIA H200",))
BARE = replace(ESTIMATE, cost=None, low_cost=None, high_cost=None)
SETTINGS = compose([]).settings
STORYBOARD = """storyboard: 1
title: "{{ p }}"
variables: {p: {example: x}}
scenes: [{id: a, shots: [{id: b, prompt: "{{ p }}"}]}]
"""


def test_time_and_money_have_a_range_and_what_it_stands_on() -> None:
    assert cost_lines(ESTIMATE, SETTINGS) == [
        "Cost: 6 min 00 s of a GPU (4 min 00 s to 9 min 00 s), 0.35 EUR (0.23 to 0.53)"
    ]
    rough = replace(BARE, estimate="rough", gpus=("",))
    assert cost_lines(rough, SETTINGS) == ["Cost: 6 min 00 s of a worker (4 min 00 s to 9 min 00 s, a guess)"]
    assert cost_lines(replace(BARE, seconds=0.0), SETTINGS) == []


def test_a_cap_that_will_refuse_it_is_named() -> None:
    capped = compose(["cost.cap.film=0.5"]).settings
    assert cost_lines(ESTIMATE, capped)[0].endswith("; more than cost.cap.film=0.5 allows")
    assert "more than" not in cost_lines(ESTIMATE, compose(["cost.cap.film=0.15h"]).settings)[0]
    both = compose(["cost.cap.film=0.14h", "cost.cap.month=0.5"]).settings
    assert cost_lines(ESTIMATE, both)[0].endswith("; more than cost.cap.film=0.14h and cost.cap.month=0.5 allow")


@pytest.mark.parametrize(
    ("part", "of", "named"),
    [
        (1.5, "film", ""),
        (0.9, "film", "more than cost.cap.film={} allows: row 2 boat and 2 films more"),
        (3.5, "batch", ""),
        (1.5, "batch", "more than cost.cap.batch={} allows"),
        (1.5, "month", "more than cost.cap.month={} allows"),
    ],
)
def test_of_a_batch_the_caps_that_will_refuse_it_are_named(part: float, of: str, named: str, tmp_path: Path) -> None:
    """Three films, each within a cap or not by itself, or all of them together."""
    rows = asked(tmp_path, table(["p"], ["boat"], ["kite"], ["star"]), STORYBOARD)
    plan = plan_batch(rows, weights=False)
    assert batch_cost_lines(plan) == cost_lines(plan.cost, plan.settings)
    cap = f"{part * estimate_cost(plan.films[0].plan).high.hours:.6f}h"
    plan = plan_batch(replace(rows, overrides=[*rows.overrides, f"cost.cap.{of}={cap}"]), weights=False)
    said = " ".join(batch_cost_lines(plan))
    assert named.format(cap) in said
    assert ("more than" in said) == bool(named), said


def test_what_was_used_says_what_was_wasted() -> None:
    spent = Spent(used_seconds=90.0, failed_seconds=12.0, repeated_seconds=3.0, cost=0.05, currency="EUR")
    assert spent_lines(spent) == [
        "used 1 min 30 s of machine time, 0.05 EUR; of it wasted: failed 12 s, repeated 3.0 s"
    ]
    assert spent_lines(replace(spent, cost=None, failed_seconds=0.0, repeated_seconds=0.0)) == [
        "used 1 min 30 s of machine time"
    ]
    assert spent_lines(Spent()) == []


def test_of_a_batch_what_was_rendered_now_is_summed() -> None:
    made = Entry(name="a", row=2, state="made", gpu_seconds=10.0, failed_seconds=2.0, cost=0.1, currency="EUR")
    kept = Entry(name="b", row=3, state="kept", gpu_seconds=99.0, cost=9.0, currency="EUR")
    assert batch_spent([made, kept]) == Spent(used_seconds=10.0, failed_seconds=2.0, cost=0.1, currency="EUR")
    unpriced = Entry(name="c", row=4, state="failed", gpu_seconds=1.0, cost=None)
    assert batch_spent([made, unpriced]).cost is None

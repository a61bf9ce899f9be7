"""How many workers there are for each model."""

from __future__ import annotations

import pytest

from flows.cluster.queueing.capacity import Capacity


def test_workers_part_their_time_so_that_everything_is_done_at_once_as_far_as_they_can() -> None:
    capacity = Capacity()
    groups = {frozenset("ts"): 30, frozenset("is"): 20, frozenset("t"): 10, frozenset("i"): 4}
    for _ in range(5):
        capacity.look(groups, {"t": 50_000.0, "i": 100_000.0, "s": 30_000.0})
    assert capacity.seconds("t", 0) == pytest.approx(2_000, rel=0.02)
    assert capacity.seconds("s", 0) == pytest.approx(2_000, rel=0.02)
    assert capacity.seconds("i", 0) == pytest.approx(100_000 / 24, rel=0.02)
    assert capacity.share(frozenset("is"), "s") < 0.01


def test_a_model_comes_back_when_there_is_work_for_it_again() -> None:
    capacity = Capacity()
    for _ in range(20):
        capacity.look({frozenset("ab"): 4}, {"a": 100.0})
    for _ in range(10):
        capacity.look({frozenset("ab"): 4}, {"a": 100.0, "b": 100.0})
    assert capacity.share(frozenset("ab"), "b") == pytest.approx(0.5, abs=0.02)


def test_work_that_nobody_is_there_for_has_no_end() -> None:
    capacity = Capacity()
    capacity.look({frozenset("a"): 1}, {"a": 10.0, "b": 10.0})
    assert capacity.seconds("b", 0) == float("inf")
    assert capacity.seconds("b", 1) == 10.0
    assert capacity.seconds("a", -1) == float("inf")
    assert capacity.seconds("c", 0) == 0.0

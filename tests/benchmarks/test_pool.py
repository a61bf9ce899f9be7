"""The pool's benchmark: every clip is rendered, no order beats the bound, and the pool's own beats a plain queue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.pool import ceiling, out_of_reach, rows_of
from benchmarks.pool_clock import SCHEDULERS, lower_bound, simulate
from benchmarks.pool_work import work_of


@pytest.mark.parametrize("workers", [2, 8])
def test_no_order_goes_below_the_bound_and_ours_comes_close(workers: int) -> None:
    rows = {row.scheduler: row for row in rows_of(3, 150, workers)}
    assert all(row.ratio >= 1 for row in rows.values())
    assert all(row.rendering < row.busy <= 1 for row in rows.values())
    ours = rows.pop("wanflow")
    assert ours.ratio < 1.1
    assert all(ours.ratio < other.ratio and ours.loads < other.loads for other in rows.values())


def test_nearly_all_loads_are_foreseen_and_nearly_all_hints_are_right() -> None:
    work = work_of(3, 250, 16)
    found = simulate(work, 16, "wanflow", 3).foreseen
    assert found["loads"] >= 10
    assert found["named"] >= 0.9 * found["loads"]
    assert found["wrong"] <= 0.1 * found["hints"]


@pytest.mark.parametrize("name", SCHEDULERS)
def test_all_films_end_and_the_same_seed_gives_the_same(name: str) -> None:
    work = work_of(1, 60, 4)
    run = simulate(work, 4, name, 1)
    assert run.finished.keys() == {film.name for film in work.films}
    assert run.rendering == pytest.approx(sum(work.takes.values()))
    assert run.makespan == simulate(work, 4, name, 1).makespan


def test_a_long_film_that_comes_late_is_what_bounds_the_run() -> None:
    work = work_of(17, 1000, 64)
    bound, why = lower_bound(work, 64)
    assert why == "path"
    assert ceiling(work, 64, bound) == pytest.approx(0.9655, abs=5e-5)
    assert lower_bound(work, 8)[1] == "loads"


def test_of_twenty_seeds_one_cannot_be_as_busy_as_the_bar_asks() -> None:
    shares = {
        seed: ceiling(work, 64, lower_bound(work, 64)[0]) for seed in range(20) for work in [work_of(seed, 1000, 64)]
    }
    assert [seed for seed, share in shares.items() if share < 0.97] == [17]
    assert min(share for seed, share in shares.items() if seed != 17) > 0.98


def test_seeds_that_no_order_can_keep_busy_are_named() -> None:
    rows = [replace(row, ceiling=share) for row, share in zip(rows_of(3, 60, 2), (0.99, 0.965, 0.99), strict=True)]
    assert out_of_reach(rows).endswith("busy: 3 (at most 96.5 %)")
    assert out_of_reach(rows[:1]).endswith("busy: none")

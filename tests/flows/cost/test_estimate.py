"""Estimates with a range that four of five films are within, and the money it comes to."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.config import compose
from flows.cost.estimate import estimate_clips
from flows.ledger import append_rows, read_timings
from flows.ledger.timings import ROUGH
from flows.planning.model import Clip, Totals
from flows.settings import Settings
from flows.store import open_store
from tests.flows.ledger.test_timings import SPEC, TIMED, nine
from tests.flows.made import a_clip

CLIPS = 6


def settings_of(*overrides: str) -> Settings:
    return compose(
        ["cost.gpu_hour={H200: 3.6, L4: 0.36}", "cost.worker_hour=0.36", "cost.currency=EUR", *overrides]
    ).settings


def totals(**values: Any) -> Totals:
    usual: dict[str, Any] = {"width": 8, "estimate": "measured", "loads": {}, "gpus": ("NVIDIA H200",)}
    return Totals(shots=1, takes=1, cached=0, frames=1, film_seconds=1, estimated_seconds=1, **{**usual, **values})


def clip(name: str, seconds: float = 100.0, **values: Any) -> Clip:
    return a_clip(name, estimated_seconds=seconds, estimated_low=seconds / 2, estimated_high=seconds * 2, **values)


def test_seconds_and_money_of_what_is_new_each_with_a_range() -> None:
    clips = [clip("a"), clip("b"), clip("c", status="cached")]
    found = estimate_clips(clips, [totals()], settings_of())
    assert (found.seconds, found.low_seconds, found.high_seconds) == (200, 100, 400)
    assert (found.cost, found.low_cost, found.high_cost) == tuple(map(pytest.approx, (0.2, 0.1, 0.4)))
    assert found.currency == "EUR"


def test_loading_is_once_at_best_known_and_at_most_on_every_worker() -> None:
    clips = [clip("a"), clip("b"), clip("c")]
    loaded = totals(loads={"t2v-a14b": 60.0, "i2v-a14b": 60.0})
    for workers, high in ((1, 660), (2, 720), (0, 780)):
        found = estimate_clips(clips, [loaded, loaded], settings_of(f"cluster.max_workers={workers}"))
        assert (found.seconds, found.low_seconds, found.high_seconds) == (360, 150, high)


def test_half_a_gpu_is_half_of_it_and_a_worker_without_one_is_whole() -> None:
    halved = settings_of("cluster.gpus_per_worker=0.5")
    assert estimate_clips([clip("a")], [totals()], halved).seconds == 50
    assert estimate_clips([clip("a")], [totals(gpus=("",))], halved).seconds == 100


def test_the_seconds_of_a_gang_are_those_of_all_its_gpus_and_of_one_worker_where_there_are_none() -> None:
    for overrides in (["cluster.gpus_per_worker=2"], ["cluster.gang=2"]):
        together = settings_of(*overrides)
        assert estimate_clips([clip("a")], [totals()], together).seconds == 200
        assert estimate_clips([clip("a")], [totals(gpus=("",))], together).seconds == 100


def test_of_several_kinds_of_gpu_the_money_is_from_the_cheapest_to_the_dearest() -> None:
    found = estimate_clips([clip("a")], [totals(gpus=("NVIDIA H200", "NVIDIA L4"))], settings_of())
    assert found.low_cost == pytest.approx(50 / 3600 * 0.36)
    assert found.high_cost == pytest.approx(200 / 3600 * 3.6)


def test_without_a_price_only_time_is_told() -> None:
    found = estimate_clips([clip("a")], [totals(gpus=("NVIDIA A100",))], settings_of())
    assert (found.seconds, found.cost, found.high_cost) == (100, None, None)


def timed(folder: Path, spread: float, count: int, seed: int = 1) -> Any:
    """Timings of a store whose ledger has so many clips, of 10 seconds and a spread."""
    store, rng = open_store(str(folder)), random.Random(seed)
    for number in range(count):
        took = 10 * math.exp(rng.gauss(0, spread))
        append_rows(store, [replace(TIMED, fingerprint=f"{number:064x}", seconds={"denoise": took})])
    return read_timings(store)


def test_the_range_holds_four_of_five_films_that_are_late_by_one_factor(tmp_path: Path) -> None:
    rng, within, films = random.Random(3), 0, 0
    for ledger in range(20):
        estimate = timed(tmp_path / str(ledger), 0.2, 12, seed=ledger).estimate(SPEC, "auto", "cpu", nine)
        for _ in range(100):
            took = 10 * math.exp(rng.gauss(0, 0.2))
            films += 1
            within += estimate.low <= took <= estimate.high
    assert films == 2000
    assert 0.76 <= within / films <= 0.95


def test_what_the_ledger_shows_makes_the_range_narrow_or_wide(tmp_path: Path) -> None:
    def width(name: str, spread: float, count: int) -> float:
        estimate = timed(tmp_path / name, spread, count).estimate(SPEC, "auto", "cpu", nine)
        return estimate.high / estimate.low

    once, even, uneven = width("once", 0.0, 1), width("even", 0.01, 12), width("uneven", 0.5, 12)
    assert even < once < uneven
    rough = read_timings(open_store(str(tmp_path / "empty"))).estimate(SPEC, "auto", "cpu", nine)
    assert rough.high / rough.low == pytest.approx(ROUGH**2)
    assert rough.high / rough.low > uneven


def test_each_kind_of_gpu_has_its_own_timings(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    quick = replace(TIMED, gpu="NVIDIA H200", seconds={"denoise": 10.0, "load": 60.0})
    slow = replace(TIMED, gpu="NVIDIA L4", seconds={"denoise": 100.0}, fingerprint="b" * 64)
    append_rows(store, [quick, slow])
    timings = read_timings(store)

    def of(gpu: str | None) -> tuple[float, str]:
        found = timings.estimate(SPEC, "auto", "cpu", nine, gpu)
        return found.seconds, found.basis

    assert of("NVIDIA H200") == (pytest.approx(10), "measured")
    assert of("NVIDIA L4") == (pytest.approx(100), "measured")
    assert of("NVIDIA B200") == (pytest.approx(55), "scaled"), "it was timed on others alone"
    anywhere = timings.estimate(SPEC, "auto", "cpu", nine)
    assert anywhere.low < 10
    assert anywhere.high > 100
    assert timings.load(SPEC, "auto", "cpu", "NVIDIA H200") == 60
    assert timings.gpus(SPEC, "auto", "cpu") == {"NVIDIA H200", "NVIDIA L4"}

"""Every second is counted once: attempts that end well, fail, are lost, are stopped, or are another film's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from flows.cost.meter import Meter
from flows.cost.prices import Prices, Spend
from flows.events import Event, Failed, Finished, Progress, Started
from tests.flows.records import empty_record

PRICES = Prices({"H200": 3600.0, "L4": 360.0}, 36.0, "EUR")


def finished(seconds: Mapping[str, float], *, cached: bool = False) -> Finished:
    return Finished("a", replace(empty_record("a"), seconds=seconds), cached)


def metered(*events: tuple[float, Event], part: float = 1.0, again: tuple[str, ...] = ()) -> Meter:
    meter = Meter(part, again)
    for now, event in events:
        meter.note(event, now)
    return meter


def test_a_clip_costs_from_its_beginning_to_its_end_loading_too() -> None:
    meter = metered(
        (10, Started("a", "w1", 1, "NVIDIA H200")),
        (12, Progress("a", "load", 1, 1)),
        (40, finished({"load": 20, "denoise": 8})),
    )
    (used,) = meter.used.values()
    assert (used.seconds, used.failed, used.repeated, used.attempts) == (30, 0, 0, 1)
    assert used.spend(PRICES) == Spend(pytest.approx(30 / 3600), pytest.approx(30))
    assert not meter.running


def test_an_attempt_that_failed_is_wasted_and_each_gpu_has_its_price() -> None:
    meter = metered(
        (0, Started("a", "w1", 1, "NVIDIA H200")),
        (5, Failed("a", "w1", "out of memory", final=False)),
        (7, Started("a", "w2", 2, "NVIDIA L4")),
        (17, finished({"denoise": 9})),
    )
    (used,) = meter.used.values()
    assert (used.seconds, used.failed, used.repeated, used.attempts) == (15, 5, 0, 2)
    assert used.spend(PRICES).money == pytest.approx(5 + 1)


def test_of_a_lost_worker_only_the_steps_since_its_checkpoint_are_repeated() -> None:
    began, lost = (0, Started("a", "w1", 1)), (60, Failed("a", "w1", "worker died", final=False, lost=True))
    again = (61, Started("a", "w2", 2))
    anew = metered(began, lost, again, (161, finished({"denoise": 100})))
    assert anew.used["a"].repeated == 60
    went_on = metered(began, lost, again, (111, finished({"denoise": 90})))
    assert went_on.used["a"].seconds == 110
    assert went_on.used["a"].repeated == 20, "40 of the 60 seconds were kept"


def test_a_worker_that_is_replaced_without_a_word_is_lost() -> None:
    meter = metered((0, Started("a", "w1", 1)), (30, Started("a", "w2", 1)), (50, finished({"denoise": 20})))
    assert (meter.used["a"].seconds, meter.used["a"].repeated, meter.used["a"].attempts) == (50, 30, 2)


def test_what_a_new_keeper_says_again_is_not_counted_again() -> None:
    meter = metered((0, Started("a", "w1", 1)), (30, Started("a", "w1", 1)), (50, finished({"denoise": 50})))
    assert (meter.used["a"].seconds, meter.used["a"].attempts) == (50, 1)


def test_what_is_rendered_for_another_film_is_not_ours() -> None:
    meter = metered((0, Started("a", "w1", 1, film="other")), (50, finished({"denoise": 50})))
    assert not meter.used


def test_a_clip_that_was_in_the_store_and_is_damaged_is_work_done_again() -> None:
    meter = metered((0, Started("a", "w1", 1)), (50, finished({"denoise": 50})), again=("a",))
    assert meter.used["a"].repeated == 50


def test_half_a_gpu_is_half_of_its_seconds() -> None:
    meter = metered((0, Started("a", "w1", 1, "H200")), (50, finished({"denoise": 50})), part=0.5)
    assert meter.used["a"].seconds == 25


def test_what_is_stopped_is_used_and_what_runs_counts_at_once() -> None:
    meter = metered((0, Started("a", "w1", 1)), (0, Started("b", "w2", 1)))
    assert meter.spend(PRICES, 30).money == pytest.approx(0.6)
    meter.stop(40)
    assert {name: used.seconds for name, used in meter.used.items()} == {"a": 40, "b": 40}
    assert all(used.failed == used.repeated == 0 for used in meter.used.values())

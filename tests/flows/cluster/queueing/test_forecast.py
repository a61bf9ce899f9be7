"""What workers will have to load is known before they do."""

from __future__ import annotations

import pytest

from flows.cluster.queue import ClipQueue
from tests.flows.cluster.clips import clip
from tests.flows.cluster.queueing.queues import I2V, T2V, add, lease, many, queue_with


def next_model(queue: ClipQueue, worker: str = "w", now: float = 0.0) -> str | None:
    found = queue.next_load(worker, now)
    return found.model if found else None


def test_the_next_model_is_known_before_it_is_needed_and_the_plan_may_change() -> None:
    queue = queue_with("w")
    add(queue, "one", clip("a"), *many("b", 3, variant="i2v-a14b"))
    assert lease(queue, "w") == "a"
    assert next_model(queue) == I2V
    queue.add(many("a", 2))
    assert next_model(queue, now=4.0) == I2V, "looked at every few seconds"
    assert next_model(queue, now=6.0) is None


def test_looking_ahead_changes_nothing() -> None:
    def leased(looks: int) -> list[str | None]:
        queue = queue_with("w1", "w2")
        add(queue, "one", *many("a", 9), *many("b", 9, variant="i2v-a14b"))
        add(queue, "two", *many("c", 9), clip("d", after=["c 1"]))
        order: list[str | None] = []
        for turn in range(14):
            worker = f"w{1 + turn % 2}"
            given = lease(queue, worker, now=turn * 5.0)
            order.append(given)
            for look in range(looks):
                next_model(queue, worker, now=turn * 5.0 + look)
            if given is not None:
                queue.finish(given)
        return order

    assert leased(5) == leased(0)


def test_what_becomes_ready_on_the_way_is_foreseen_too() -> None:
    queue = queue_with("w")
    add(queue, "one", clip("a", seconds=30), clip("b", after=["a"], variant="i2v-a14b"))
    assert lease(queue, "w") == "a"
    assert next_model(queue, now=1.0) == I2V


def test_a_load_that_another_worker_is_sooner_to_make_good_is_none() -> None:
    queue = queue_with("w", "x")
    add(queue, "one", clip("a", seconds=50), clip("b", seconds=60), clip("c", variant="i2v-a14b"))
    assert (lease(queue, "w"), lease(queue, "x")) == ("b", "a")
    assert next_model(queue, "x", now=10.0) == I2V
    assert next_model(queue, "w", now=10.0) is None


def test_progress_says_better_than_the_estimate_who_is_free_first() -> None:
    queue = queue_with("w", "x")
    add(queue, "one", clip("a", seconds=50), clip("b", seconds=60), clip("c", variant="i2v-a14b"))
    assert (lease(queue, "w"), lease(queue, "x")) == ("b", "a")
    queue.progressed("a", 1, 40, 3.0)
    queue.progressed("a", 2, 40, 6.0)  # it takes twice as long as estimated
    assert next_model(queue, "x", now=10.0) is None
    assert next_model(queue, "w", now=10.0) == I2V


def test_what_lies_far_ahead_is_not_foreseen() -> None:
    queue = queue_with("w")
    add(queue, "one", clip("a", seconds=1_000), clip("b", variant="i2v-a14b"))
    assert lease(queue, "w") == "a"
    assert next_model(queue, now=0.0) is None
    assert next_model(queue, now=900.0) == I2V


@pytest.mark.parametrize("held", [True, False])
def test_what_is_held_back_is_not_foreseen(held: bool) -> None:
    queue = queue_with("w")
    add(queue, "one", clip("a"), clip("b", variant="i2v-a14b"))
    assert lease(queue, "w") == "a"
    (queue.hold_all if held else queue.release_all)()
    assert next_model(queue) == (None if held else I2V)


def test_where_all_work_is_for_models_that_are_held_nothing_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = queue_with("w")
    add(queue, "one", *many("a", 3))
    assert lease(queue, "w") == "a 0"
    monkeypatch.setattr("flows.cluster.queueing.forecast.Forecast", None)
    assert next_model(queue) is None
    queue.holds("w", {T2V, I2V})
    add(queue, "two", *many("b", 3, variant="i2v-a14b"))
    assert next_model(queue) is None

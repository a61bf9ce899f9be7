"""Who loads what: workers stay with their models, and clips go where theirs is."""

from __future__ import annotations

from tests.flows.cluster.clips import clip
from tests.flows.cluster.queueing.queues import I2V, LOAD, T2V, add, lease, many, queue_with, rendered

T2I = clip("any", variant="ti2v-5b").model


def test_a_clip_is_left_to_a_worker_that_holds_its_model_and_is_free_before_another_would_have_loaded_it() -> None:
    queue = queue_with("w1", "w2")
    add(queue, "one", clip("a", seconds=50), clip("b", after=["a"]), clip("c", after=["b"]))
    assert lease(queue, "w1", now=0) == "a"
    queue.finish("a")
    assert lease(queue, "w2", (), now=50) is None, "the other one is about to ask"
    assert lease(queue, "w1", now=50) == "b"
    assert lease(queue, "w2", (), now=51) is None


def test_it_loads_when_more_clips_wait_than_others_will_take_before() -> None:
    queue = queue_with("w1", "w2")
    add(queue, "one", *many("one", 3, seconds=50))
    lease(queue, "w1")
    assert lease(queue, "w2", (), now=1) == "one 2", "the next one is the other worker's"


def test_it_does_not_wait_for_a_worker_that_is_busy_for_longer_than_a_load_or_overdue() -> None:
    queue = queue_with("w1", "w2")
    add(queue, "one", clip("a", seconds=50), clip("b", seconds=50))
    lease(queue, "w1")
    assert lease(queue, "w2", (), now=1) is None
    assert lease(queue, "w2", (), now=50 + LOAD + 1) == "b"


def test_it_does_not_wait_for_an_idle_worker_that_does_not_look() -> None:
    queue = queue_with("w1", "w2")
    assert lease(queue, "w1", now=0) is None
    add(queue, "one", clip("a"))
    assert lease(queue, "w2", (), now=5) is None
    assert lease(queue, "w2", (), now=16) == "a"


def test_workers_spread_over_models_as_their_work_does() -> None:
    queue = queue_with(*(f"w{n}" for n in range(8)))
    add(queue, "one", *many("a", 60), *many("b", 20, variant="i2v-a14b"))
    leased = [lease(queue, f"w{n}", ()) or "" for n in range(8)]
    assert sum(name.startswith("b") for name in leased) == 2


def test_as_many_workers_change_over_as_the_work_of_another_model_asks_for_and_they_stay() -> None:
    queue, workers, loads = queue_with("w1", "w2", "w3", "w4"), ("w1", "w2", "w3", "w4"), []
    add(queue, "one", *many("a", 200, seconds=50), *many("b", 600, seconds=50, variant="i2v-a14b"))
    assert len(rendered(queue, workers, 800, loads=loads)) == 800
    assert loads.count(I2V) in (3, 4)
    assert loads.count(T2V) <= 1


def test_the_lease_says_for_which_of_the_models_held_least_waits() -> None:
    queue = queue_with("w", "x")
    add(queue, "one", *many("a", 4), *many("b", 9, variant="i2v-a14b"))
    given = queue.lease("w", {T2V, I2V, T2I})
    assert given is not None
    assert given.useful == {T2I: 0.0, T2V: 30.0, I2V: 90.0}, "the clip itself waits no more"
    assert lease(queue, "x", {I2V}) == "b 0"
    again = queue.lease("w", {T2V, I2V})
    assert again is not None
    assert again.useful[I2V] <= 80 / 2, "another worker holds it"
    alone = queue.lease("w", {T2V})
    assert alone is not None
    assert alone.useful == {}, "what goes is plain"

"""The order clips are rendered in, and what a failure takes with it."""

from __future__ import annotations

from dataclasses import replace

from flows.cluster.queue import ClipQueue, Lease
from flows.plan.model import Clip, HandOff
from tests.flows.cluster.clips import clip


def queue_of(*clips: Clip, attempts: int = 2) -> ClipQueue:
    queue = ClipQueue(attempts)
    queue.add(clips)
    return queue


def name(lease: Lease | None) -> str | None:
    return lease.clip.fingerprint if lease else None


def test_a_clip_waits_for_the_one_it_starts_from() -> None:
    queue = queue_of(clip("b", after=["a"]), clip("a"))
    assert name(queue.lease("w1", (), 2)) == "a"
    assert queue.lease("w2", (), 2) is None
    queue.finish("a")
    assert name(queue.lease("w2", (), 2)) == "b"


def test_an_upstream_that_is_not_in_the_queue_is_in_the_store() -> None:
    assert name(queue_of(clip("b", after=["a"])).lease("w", (), 1)) == "b"


def test_a_clip_that_reaches_back_waits_for_a_clip_behind_the_one_it_starts_from() -> None:
    going_on = replace(clip("y"), hand_off=HandOff(("c2",), what="frames", behind=("c1",)))
    queue = queue_of(going_on, clip("c1"))  # c2 is in the store, and what was before it is lost
    assert name(queue.lease("w1", (), 2)) == "c1"
    assert queue.lease("w2", (), 2) is None
    queue.finish("c1")
    assert name(queue.lease("w2", (), 2)) == "y"


def test_the_head_of_the_longest_chain_goes_first() -> None:
    queue = queue_of(
        clip("alone", seconds=25), clip("head"), clip("middle", after=["head"]), clip("end", after=["middle"])
    )
    assert name(queue.lease("w", (), 1)) == "head"
    assert name(queue.lease("w", (), 1)) == "alone"


def test_a_worker_keeps_to_the_model_it_holds_unless_the_other_way_is_much_longer() -> None:
    def two(seconds: float) -> ClipQueue:
        return queue_of(clip("warm", variant="i2v-a14b"), clip("cold", seconds=seconds))

    assert name(two(20).lease("w", {"i2v-a14b"}, 1)) == "warm"
    assert name(two(100).lease("w", {"i2v-a14b"}, 1)) == "cold"


def test_loading_that_turned_out_quick_is_no_reason_to_keep_to_a_model() -> None:
    queue = queue_of(clip("warm", variant="i2v-a14b"), clip("cold", seconds=20))
    queue.learn_load_seconds("t2v-a14b", 1.0)
    assert name(queue.lease("w", {"i2v-a14b"}, 1)) == "cold"


def test_a_retry_goes_to_another_worker() -> None:
    queue = queue_of(clip("a"), attempts=3)
    queue.lease("w1", (), 2)
    assert queue.fail("a", retry=True) == ()
    assert queue.lease("w1", (), 2) is None
    lease = queue.lease("w2", (), 2)
    assert lease is not None
    assert lease.attempt == 2


def test_the_only_worker_retries_itself() -> None:
    queue = queue_of(clip("a"))
    queue.lease("w1", (), 1)
    queue.fail("a", retry=True)
    assert name(queue.lease("w1", (), 1)) == "a"


def test_after_the_last_attempt_the_clip_is_lost_with_everything_that_needs_it() -> None:
    queue = queue_of(clip("a"), clip("b", after=["a"]), clip("c", after=["b"]), clip("other"), attempts=1)
    queue.lease("w", (), 1)
    assert [(loss.fingerprint, loss.because_of) for loss in queue.fail("a", retry=True)] == [
        ("a", "a"),
        ("b", "a"),
        ("c", "a"),
    ]
    assert queue.unsettled == 1
    assert name(queue.lease("w", (), 1)) == "other"


def test_a_deterministic_failure_is_final_at_once() -> None:
    queue = queue_of(clip("a"), attempts=5)
    queue.lease("w", (), 1)
    assert len(queue.fail("a", retry=False)) == 1


def test_when_nobody_is_left_everything_is_lost() -> None:
    queue = queue_of(clip("a"), clip("b", after=["a"]))
    assert {loss.fingerprint for loss in queue.lose_all()} == {"a", "b"}
    assert queue.unsettled == 0

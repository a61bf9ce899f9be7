"""The order clips are rendered in, and what a failure takes with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import pytest

from flows.clips import HandOff, Medium
from flows.cluster.failures import Blame, Fault
from flows.cluster.queue import ClipQueue, Lease
from flows.planning.model import Clip
from flows.planning.motion import MADE_FROM, PREPARED
from tests.flows.cluster.clips import clip
from tests.flows.made import changed

T2V, I2V = (clip("any", variant=variant).model for variant in ("t2v-a14b", "i2v-a14b"))


def queue_of(*clips: Clip, attempts: int = 2, workers: Sequence[str] = ("w", "w1", "w2")) -> ClipQueue:
    """Every worker runs on a machine of its own, called after it."""
    queue = ClipQueue(attempts)
    queue.add(clips)
    for worker in workers:
        queue.health.join(worker)
        queue.started(worker, f"node of {worker}")
    return queue


def name(lease: Lease | None) -> str | None:
    return lease.clip.fingerprint if lease else None


def test_a_clip_waits_for_the_one_it_starts_from() -> None:
    queue = queue_of(clip("b", after=["a"]), clip("a"))
    assert name(queue.lease("w1")) == "a"
    assert queue.lease("w2") is None
    queue.finish("a")
    assert name(queue.lease("w1", {T2V})) == "b"


def test_an_upstream_that_is_not_in_the_queue_is_in_the_store() -> None:
    assert name(queue_of(clip("b", after=["a"])).lease("w")) == "b"


def test_a_clip_that_reaches_back_waits_for_a_clip_behind_the_one_it_starts_from() -> None:
    going_on = changed(clip("y"), hand_off=HandOff((("c1", "c2"),), what="frames"))
    queue = queue_of(going_on, clip("c1"))  # c2 is in the store, and what was before it is lost
    assert name(queue.lease("w1")) == "c1"
    assert queue.lease("w2") is None
    queue.finish("c1")
    assert name(queue.lease("w1", {T2V})) == "y"


def test_the_head_of_the_longest_chain_goes_first() -> None:
    queue = queue_of(
        clip("alone", seconds=25), clip("head"), clip("middle", after=["head"]), clip("end", after=["middle"])
    )
    assert name(queue.lease("w")) == "head"
    assert name(queue.lease("w")) == "alone"


def test_a_worker_keeps_to_the_model_it_holds_unless_the_other_way_is_much_longer() -> None:
    def two(seconds: float) -> ClipQueue:
        return queue_of(clip("warm", variant="i2v-a14b"), clip("cold", seconds=seconds))

    assert name(two(20).lease("w", {I2V})) == "warm"
    assert name(two(100).lease("w", {I2V})) == "cold"


def test_loading_that_turned_out_quick_is_no_reason_to_keep_to_a_model() -> None:
    queue = queue_of(clip("warm", variant="i2v-a14b"), clip("cold", seconds=20))
    queue.learn_load_seconds("t2v-a14b", 1.0)
    assert name(queue.lease("w", {I2V})) == "cold"


def fail(queue: ClipQueue, clip: str, blame: Blame = Blame.UNKNOWN, **more: bool) -> list[str]:
    """Returns what is lost."""
    return [loss.fingerprint for loss in queue.fail(Fault(clip, f"{clip} failed", blame, **more))]


def test_a_retry_goes_to_another_worker() -> None:
    queue = queue_of(clip("a"), attempts=3, workers=["w1", "w2"])
    queue.lease("w1")
    assert fail(queue, "a") == []
    assert queue.lease("w1") is None
    lease = queue.lease("w2")
    assert lease is not None
    assert lease.attempt == 2


def test_the_only_worker_retries_itself() -> None:
    queue = queue_of(clip("a"), workers=["w1"])
    queue.lease("w1")
    fail(queue, "a")
    assert name(queue.lease("w1")) == "a"


def test_after_the_last_attempt_the_clip_is_lost_with_everything_that_needs_it() -> None:
    queue = queue_of(clip("a"), clip("b", after=["a"]), clip("c", after=["b"]), clip("other"), attempts=1)
    queue.lease("w")
    losses = queue.fail(Fault("a", "it died", Blame.UNKNOWN))
    assert [(loss.fingerprint, loss.because_of) for loss in losses] == [("a", "a"), ("b", "a"), ("c", "a")]
    assert losses[0].why == "it died"
    assert queue.unsettled == 1
    assert name(queue.lease("w")) == "other"


def test_a_fault_of_the_clip_is_final_at_once() -> None:
    queue = queue_of(clip("a"), attempts=5)
    queue.lease("w")
    assert fail(queue, "a", Blame.CLIP) == ["a"]


def test_a_fault_of_the_machine_costs_the_clip_no_attempt_and_nobody_there_gets_it_again() -> None:
    queue = queue_of(clip("a"), attempts=1, workers=["w1", "w2"])
    queue.lease("w1")
    assert fail(queue, "a", Blame.NODE) == []
    assert queue.useless("w1")
    assert queue.lease("w1") is None
    lease = queue.lease("w2")
    assert lease is not None
    assert lease.attempt == 1


def test_a_machine_that_lacks_one_variant_renders_the_others() -> None:
    queue = queue_of(clip("a"), clip("b", variant="i2v-a14b", seconds=1), workers=["w1", "w2"])
    queue.lease("w1")
    fail(queue, "a", Blame.NODE)
    assert not queue.useless("w1")
    assert name(queue.lease("w1")) == "b"


def test_what_no_machine_can_render_is_lost_with_the_reason_and_the_rest_goes_on() -> None:
    queue = queue_of(clip("a"), clip("b", after=["a"]), clip("c", variant="i2v-a14b", seconds=1), workers=["w1", "w2"])
    queue.lease("w1")
    fail(queue, "a", Blame.NODE)
    queue.lease("w2")
    losses = queue.fail(Fault("a", "node of w2: other weights", Blame.NODE))
    assert [(loss.fingerprint, loss.because_of) for loss in losses] == [("a", "a"), ("b", "a")]
    assert losses[0].why == "no worker is left that could render it: a failed; node of w2: other weights"
    assert name(queue.lease("w1")) == "c"


def test_a_worker_that_has_not_started_may_be_somewhere_better() -> None:
    queue = queue_of(clip("a"), workers=["w1"])
    queue.health.join("w2")
    queue.lease("w1")
    assert fail(queue, "a", Blame.NODE) == []
    assert [loss.fingerprint for loss in queue.started("w2", "node of w1")] == ["a"]


def test_a_clip_without_numbers_is_tried_by_one_other_worker_and_not_again_by_the_same() -> None:
    queue = queue_of(clip("a"), clip("b"), attempts=9, workers=["w1", "w2", "w3"])
    queue.lease("w1"), queue.lease("w1")
    assert fail(queue, "a", Blame.LIKELY_CLIP) == []
    assert queue.lease("w1") is None
    assert name(queue.lease("w2")) == "a"
    assert fail(queue, "a", Blame.LIKELY_CLIP) == ["a"]
    for worker in ("w2", "w3"):
        queue.leave(worker, "gone")
    assert fail(queue, "b", Blame.LIKELY_CLIP) == ["b"]


def test_when_nobody_is_left_everything_is_lost() -> None:
    queue = queue_of(clip("a"), clip("b", after=["a"]), workers=["w1"])
    losses = queue.leave("w1", "worker-1: it died")
    assert {loss.fingerprint for loss in losses} == {"a", "b"}
    assert losses[0].why == "no worker is left that could render it: worker-1: it died"
    assert queue.unsettled == 0


def rendered(queue: ClipQueue, faults: Mapping[str, Callable[[str], Blame | None]]) -> tuple[set[str], set[str]]:
    """Workers take turns; `faults` says how a clip fails on one of them. What was rendered, and who is left."""
    done: set[str] = set()
    left = set(faults)
    while queue.unsettled and left:
        for worker in sorted(left):
            lease = queue.lease(worker)
            if lease is not None:
                blame = faults[worker](lease.clip.fingerprint)
                if blame is None:
                    done.add(lease.clip.fingerprint)
                    queue.finish(lease.clip.fingerprint)
                else:
                    queue.fail(Fault(lease.clip.fingerprint, "failed", blame))
            if queue.health.out(worker) or (queue.unsettled and queue.useless(worker)):
                left.discard(worker)
                queue.leave(worker, "out")
    return done, left


THIRTY = {f"clip {number:02}" for number in range(30)}


def thirty(workers: Sequence[str], attempts: int = 3) -> ClipQueue:
    return queue_of(*(clip(one) for one in sorted(THIRTY)), attempts=attempts, workers=workers)


def good(_: str) -> Blame | None:
    return None


@pytest.mark.parametrize("blame", [Blame.NODE, Blame.UNKNOWN, Blame.LIKELY_CLIP])
def test_one_bad_worker_loses_no_clip_and_retires(blame: Blame) -> None:
    assert rendered(thirty(["w1", "w2"]), {"w1": lambda _: blame, "w2": good}) == (THIRTY, {"w2"})


@pytest.mark.parametrize("blame", [Blame.NODE, Blame.UNKNOWN])
def test_two_bad_workers_of_three_lose_no_clip_and_retire(blame: Blame) -> None:
    faults = {"w1": lambda _: blame, "w2": lambda _: blame, "w3": good}
    assert rendered(thirty(["w1", "w2", "w3"]), faults) == (THIRTY, {"w3"})


def test_a_worker_that_fails_every_other_time_loses_no_clip() -> None:
    turns = itertools.cycle([Blame.UNKNOWN, None])
    done, left = rendered(thirty(["w1", "w2"]), {"w1": lambda _: next(turns), "w2": good})
    assert (done, left >= {"w2"}) == (THIRTY, True)


def test_poisonous_clips_are_given_up_and_cost_no_worker() -> None:
    poisonous = {"clip 03", "clip 11", "clip 19", "clip 27"}

    def dies(name: str) -> Blame | None:
        return Blame.UNKNOWN if name in poisonous else None

    assert rendered(thirty(["w1", "w2"]), {"w1": dies, "w2": dies}) == (THIRTY - poisonous, {"w1", "w2"})


def test_when_everybody_fails_it_comes_to_an_end_soon() -> None:
    attempts: list[str] = []

    def fails(name: str) -> Blame | None:
        attempts.append(name)
        return Blame.UNKNOWN

    assert rendered(thirty(["w1", "w2"]), {"w1": fails, "w2": fails}) == (set(), set())
    assert len(attempts) < 20


def danced(fingerprint: str, key: str = "k") -> Clip:
    """A clip whose person is moved by a driving video, which has to be prepared under `key`."""
    return changed(clip(fingerprint), media=(Medium(MADE_FROM, "video"), Medium(PREPARED, key)))


def test_of_clips_that_need_one_video_prepared_one_goes_ahead() -> None:
    queue = queue_of(danced("a"), danced("b"), danced("c", "another"), clip("d"))
    leased = [name(queue.lease(worker)) for worker in ("w", "w1", "w2")]
    assert leased == ["a", "c", "d"]
    assert queue.lease("w") is None
    queue.prepared("a")
    assert name(queue.lease("w", {T2V})) == "b"


def test_once_prepared_nobody_waits_for_the_video_again() -> None:
    queue = queue_of(danced("a"), danced("b"), danced("c"))
    queue.lease("w")
    queue.prepared("c")
    assert [name(queue.lease(worker)) for worker in ("w1", "w2")] == ["b", "c"]


@pytest.mark.parametrize("blame", [Blame.UNKNOWN, Blame.NODE, Blame.CLIP])
def test_after_a_failure_another_clip_prepares_the_video(blame: Blame) -> None:
    queue = queue_of(danced("a"), danced("b"), attempts=1)
    assert name(queue.lease("w")) == "a"
    queue.fail(Fault("a", "it died", blame))
    assert name(queue.lease("w1")) == ("a" if blame is Blame.NODE else "b")


def test_a_renderer_that_prepares_nothing_holds_nobody_up() -> None:
    queue = queue_of(danced("a"), danced("b"))
    assert name(queue.lease("w")) == "a"
    queue.finish("a")
    assert name(queue.lease("w")) == "b"


def test_a_film_does_without_clips_unless_they_are_begun_or_another_one_wants_them() -> None:
    queue = queue_of(workers=("w1", "w2"))
    queue.add([clip("a"), clip("b", after=["a"]), clip("c"), clip("d")], "one")
    queue.add([clip("c")], "two")
    begun = name(queue.lease("w1"))
    assert begun == "a"
    assert queue.leave_out("one", ["a", "b", "c", "nothing"]) == {"b", "c"}
    assert queue.wanted_by("c") == {"two"}
    assert queue.wanted_by("b") == frozenset()
    queue.finish("a")
    left = {name(queue.lease("w1")), name(queue.lease("w2"))}
    assert left == {"c", "d"}
    assert queue.unsettled == 2

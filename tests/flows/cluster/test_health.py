"""What speaks against a worker, and against the machine it runs on."""

from __future__ import annotations

from flows.cluster.health import EVERY, WorkerHealth


def crew_of(*workers: str) -> WorkerHealth:
    health = WorkerHealth()
    for worker in workers:
        health.join(worker)
        health.started(worker, f"node of {worker}")
    return health


def test_three_different_clips_that_failed_there_alone_are_too_many() -> None:
    health = crew_of("w1", "w2")
    for clip in "abc":
        assert not health.out("w1")
        health.failed("w1", clip)
    assert health.out("w1")


def test_one_clip_that_fails_again_and_again_is_not_the_workers_fault() -> None:
    health = crew_of("w1")
    for _ in range(5):
        health.failed("w1", "a")
    assert not health.out("w1")


def test_a_success_forgives_and_starts_that_come_to_nothing_count() -> None:
    health = crew_of("w1")
    health.failed("w1", "a")
    health.finished("w1", "b")
    for _ in range(3):
        assert not health.out("w1")
        health.failed_to_start("w1")
    assert health.out("w1")


def test_the_blame_for_a_clip_that_fails_on_everybody_is_shared_until_somebody_renders_it() -> None:
    health = crew_of("w1", "w2", "w3")
    for clip in "abcd":
        health.failed("w1", clip)
        health.failed("w2", clip)
    assert (health.strikes("w1"), health.out("w1")) == (2.0, False)
    for clip in "abc":
        health.finished("w3", clip)
    assert health.out("w1")
    assert health.out("w2")


def test_what_a_machine_lacks_is_known_of_all_its_workers_and_wherever_they_come_from() -> None:
    health = crew_of("w1", "w2")
    health.bar("w1", "t2v-a14b", "other weights")
    health.join("w3")
    assert health.can("w3", "t2v-a14b")
    health.started("w3", "node of w1")
    assert not health.can("w3", "t2v-a14b")
    assert health.can("w3", "i2v-a14b")
    assert health.why_barred("w3") == "other weights"
    health.bar("w3", EVERY, "no room")
    assert not health.can("w1", "i2v-a14b")
    assert health.bad_nodes == {"node of w1"}
    assert health.on(health.bad_nodes) == {"w1", "w3"}

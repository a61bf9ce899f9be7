"""What speaks against a worker, and against the machine it runs on."""

from __future__ import annotations

from flows.cluster.crew import EVERY, Crew


def crew_of(*workers: str) -> Crew:
    crew = Crew()
    for worker in workers:
        crew.join(worker)
        crew.started(worker, f"node of {worker}")
    return crew


def test_three_different_clips_that_failed_there_alone_are_too_many() -> None:
    crew = crew_of("w1", "w2")
    for clip in "abc":
        assert not crew.out("w1")
        crew.failed("w1", clip)
    assert crew.out("w1")


def test_one_clip_that_fails_again_and_again_is_not_the_workers_fault() -> None:
    crew = crew_of("w1")
    for _ in range(5):
        crew.failed("w1", "a")
    assert not crew.out("w1")


def test_a_success_forgives_and_starts_that_come_to_nothing_count() -> None:
    crew = crew_of("w1")
    crew.failed("w1", "a")
    crew.finished("w1", "b")
    for _ in range(3):
        assert not crew.out("w1")
        crew.failed_to_start("w1")
    assert crew.out("w1")


def test_the_blame_for_a_clip_that_fails_on_everybody_is_shared_until_somebody_renders_it() -> None:
    crew = crew_of("w1", "w2", "w3")
    for clip in "abcd":
        crew.failed("w1", clip)
        crew.failed("w2", clip)
    assert (crew.strikes("w1"), crew.out("w1")) == (2.0, False)
    for clip in "abc":
        crew.finished("w3", clip)
    assert crew.out("w1")
    assert crew.out("w2")


def test_what_a_machine_lacks_is_known_of_all_its_workers_and_wherever_they_come_from() -> None:
    crew = crew_of("w1", "w2")
    crew.bar("w1", "t2v-a14b", "other weights")
    crew.join("w3")
    assert crew.can("w3", "t2v-a14b")
    crew.started("w3", "node of w1")
    assert not crew.can("w3", "t2v-a14b")
    assert crew.can("w3", "i2v-a14b")
    assert crew.why_barred("w3") == "other weights"
    crew.bar("w3", EVERY, "no room")
    assert not crew.can("w1", "i2v-a14b")
    assert crew.bad_nodes == {"node of w1"}
    assert crew.on(crew.bad_nodes) == {"w1", "w3"}

"""Films that share a queue: what they share, what is held, and what a film that goes takes with it."""

from __future__ import annotations

from flows.cluster.failures import Blame, Fault
from flows.cluster.queue import FilmOrder
from tests.flows.cluster.clips import clip
from tests.flows.cluster.queueing.queues import add, lease, many, queue_with
from tests.flows.made import changed


def test_a_clip_that_two_films_want_is_rendered_once_and_both_hear() -> None:
    queue = queue_with("w")
    add(queue, "one", clip("a"))
    add(queue, "two", clip("a"), clip("b", after=["a"]))
    assert queue.wanted_by("a") == {"one", "two"}
    assert lease(queue, "w") == "a"
    assert queue.finish("a") == {"one", "two"}
    assert (queue.unsettled_of("one"), queue.unsettled_of("two")) == (0, 1)
    assert queue.finish("b") == {"two"}


def test_what_a_film_starts_from_is_wanted_by_it_too_if_another_film_has_queued_it() -> None:
    queue = queue_with("w")
    add(queue, "one", clip("a"))
    add(queue, "two", clip("b", after=["a"]))
    assert queue.withdraw("one") == frozenset()
    assert lease(queue, "w") == "a"


def test_a_film_that_goes_takes_its_clips_and_tells_which_are_being_rendered() -> None:
    queue = queue_with("w1", "w2")
    add(queue, "one", clip("a"), clip("b"), clip("c", after=["a"]))
    add(queue, "two", clip("b"))
    assert [lease(queue, "w1"), lease(queue, "w2")] == ["a", "b"]
    assert queue.withdraw("one") == {"a"}
    assert (queue.unsettled, queue.wanted_by("b")) == (2, {"two"})
    queue.dropped("a")
    assert queue.unsettled == 1


def test_a_cancelled_clip_that_is_wanted_again_is_leased_again_and_costs_no_attempt() -> None:
    queue = queue_with("w", attempts=1)
    add(queue, "one", clip("a"))
    lease(queue, "w")
    assert queue.withdraw("one") == {"a"}
    add(queue, "two", clip("a"))
    queue.dropped("a")
    again = queue.lease("w")
    assert again is not None
    assert again.attempt == 1


def test_a_failure_of_a_clip_that_nobody_wants_any_more_is_no_loss() -> None:
    queue = queue_with("w", attempts=1)
    add(queue, "one", clip("a"))
    lease(queue, "w")
    queue.withdraw("one")
    assert queue.fail(Fault("a", "it died", Blame.UNKNOWN)) == ()
    assert queue.unsettled == 0


def test_a_loss_says_which_films_it_is_for() -> None:
    queue = queue_with("w", attempts=1)
    add(queue, "one", clip("a"))
    add(queue, "two", clip("a"), clip("b", after=["a"]))
    lease(queue, "w")
    losses = queue.fail(Fault("a", "it died", Blame.CLIP))
    assert [(loss.fingerprint, loss.films) for loss in losses] == [("a", {"one", "two"}), ("b", {"two"})]


def test_what_is_held_is_not_leased_unless_another_film_wants_it() -> None:
    queue = queue_with("w")
    queue.hold("one")
    add(queue, "one", clip("a"), clip("b"))
    assert lease(queue, "w") is None
    add(queue, "two", clip("b"))
    assert lease(queue, "w") == "b"
    queue.release("one")
    assert lease(queue, "w") == "a"


def test_when_everything_is_held_nothing_is_leased_and_a_held_film_stays_so() -> None:
    queue = queue_with("w")
    add(queue, "one", clip("a"))
    add(queue, "two", clip("b"))
    queue.hold("one")
    queue.hold_all()
    assert lease(queue, "w") is None
    queue.release_all()
    assert lease(queue, "w") == "b"
    assert lease(queue, "w") is None


def test_a_new_film_gives_machines_another_chance() -> None:
    queue = queue_with("w1", "w2")
    add(queue, "one", *many("one", 2))
    lease(queue, "w1")
    queue.fail(Fault("one 0", "the disk is full", Blame.NODE))
    assert queue.useless("w1")
    queue.enrol(FilmOrder(film="one", title="said again"))
    assert queue.useless("w1")
    queue.enrol(FilmOrder(film="two", title="another"))
    assert not queue.useless("w1")


def test_a_clip_goes_only_where_there_is_room_for_it_and_is_lost_where_there_is_none() -> None:
    queue = queue_with()
    for worker, frames in (("small", 5), ("large", 81)):
        queue.health.join(worker)
        queue.started(worker, worker, lambda one, most=frames: one.spec.num_frames <= most)
    long, longer = changed(clip("long"), num_frames=81), changed(clip("longer"), num_frames=161)
    losses = queue.add([long, clip("short", seconds=1), longer])
    assert [loss.fingerprint for loss in losses] == ["longer"]
    assert "no device has room for 161 frames of 32x16" in losses[0].why
    assert lease(queue, "small") == "short"
    assert lease(queue, "small") is None
    assert lease(queue, "large") == "long"


def test_what_waits_is_shown_in_the_order_in_which_it_will_be_leased() -> None:
    queue = queue_with("w")
    add(queue, "one", clip("a"), clip("b", after=["a"]), clip("c"))
    add(queue, "two", clip("d"), priority=1)
    add(queue, "three", clip("e"))
    queue.hold("three")
    assert lease(queue, "w", now=50.0) == "d"
    rows = {row.fingerprint: row for row in queue.waiting(60.0)}
    assert list(rows) == ["d", "a", "c", "b", "e"]
    assert [row.state for row in rows.values()] == ["running", "ready", "ready", "waiting", "held"]
    assert (rows["d"].worker, rows["d"].since, rows["a"].since) == ("w", 50.0, 50.0)
    assert (rows["b"].waits_for, rows["e"].films) == (("a",), ("three",))

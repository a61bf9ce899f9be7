"""What is told of the queue, and which machine and reason it names."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from flows.cluster.dispatcher import Dispatcher
from flows.cluster.failures import Blame, Fault
from flows.cluster.job import Ahead, Job
from flows.cluster.queue import FilmOrder
from flows.cluster.renderers import RendererSpec
from flows.events import Event, Failed, Finished, Log, Started
from flows.planning.model import Clip
from tests.flows.cluster.clips import clip
from tests.flows.records import empty_record

RENDERER = RendererSpec("stub")


def dispatcher_of(*clips: Clip, attempts: int = 3) -> Dispatcher:
    """With the clips of the film `f`. `w1` runs on the machine `one`, `w2` on `two`."""
    dispatcher = Dispatcher(attempts)
    dispatcher.enrol(FilmOrder(film="f", title="F"))
    dispatcher.submit("f", clips, RENDERER)
    for worker, node in (("w1", "id 1"), ("w2", "id 2")):
        dispatcher.join(worker)
        dispatcher.started(worker, node)
    return dispatcher


def told(dispatcher: Dispatcher, film: str = "f", after: int = 0) -> list[Event]:
    found = dispatcher.listen(film, after, 0.0)
    assert found is not None
    return list(found.events)


def fails(dispatcher: Dispatcher, worker: str, node: str, message: str, blame: Blame) -> list[Event]:
    before = len(told(dispatcher))
    lease = dispatcher.lease(worker, (), 0.0)
    assert lease is not None
    dispatcher.failed(Fault(lease.clip.fingerprint, message, blame, every_variant=True), f"{worker} ({node})", node)
    return told(dispatcher)[before:]


def test_a_film_that_no_machine_can_render_names_every_machine_and_its_reason() -> None:
    dispatcher = dispatcher_of(clip("a"), clip("b", after=["a"]))
    (first,) = fails(dispatcher, "w1", "one", "other weights", Blame.NODE)
    assert first == Failed("a", "w1 (one)", "other weights", final=False)
    assert dispatcher.lease("w1", (), 0.0) is None, "it can render nothing of what is left where it is"
    dispatcher.retire("w1", "w1 (one)", "")
    said = told(dispatcher)[-1]
    assert isinstance(said, Log)
    assert said.message == "w1 (one) is out of use: one: other weights"
    lost, follower = fails(dispatcher, "w2", "two", "no room", Blame.NODE)
    why = "no worker is left that could render it: one: other weights; two: no room"
    assert lost == Failed("a", "", why, final=True)
    assert isinstance(follower, Failed)
    assert (follower.fingerprint, follower.because_of) == ("b", "a")


def test_a_clip_that_fails_on_every_worker_says_where_it_failed_last() -> None:
    dispatcher = dispatcher_of(clip("a"), attempts=2)
    fails(dispatcher, "w1", "one", "it died", Blame.UNKNOWN)
    assert fails(dispatcher, "w2", "two", "it died again", Blame.UNKNOWN) == [
        Failed("a", "w2 (two)", "it died again", final=True)
    ]


def test_when_the_last_worker_keeps_failing_what_is_left_is_lost_with_its_reason() -> None:
    dispatcher = dispatcher_of(clip("a"))
    for worker in ("w1", "w2"):
        dispatcher.retire(worker, worker, "it died")
    *_, lost = told(dispatcher)
    assert lost == Failed("a", "", "no worker is left that could render it: w1: it died; w2: it died", final=True)
    assert not dispatcher.wanted


def finishes(dispatcher: Dispatcher, worker: str) -> str:
    lease = dispatcher.lease(worker, (), 0.0)
    assert lease is not None
    dispatcher.begun(lease, worker)
    name = lease.clip.fingerprint
    dispatcher.finished(lease.clip, Finished(name, empty_record(name), cached=False))
    return name


def test_a_clip_that_two_films_want_is_rendered_once_and_both_hear_of_it() -> None:
    dispatcher = dispatcher_of(clip("a"))
    dispatcher.enrol(FilmOrder(film="g", title="G"))
    dispatcher.submit("g", [clip("a"), clip("b")], RENDERER)
    assert {finishes(dispatcher, "w1"), finishes(dispatcher, "w1")} == {"a", "b"}
    assert dispatcher.lease("w1", (), 0.0) is None
    assert [event.fingerprint for event in told(dispatcher, "f")] == ["a", "a"]
    assert {event.fingerprint for event in told(dispatcher, "g")} == {"a", "b"}


def test_a_film_that_comes_while_its_clip_is_rendered_hears_that_it_was_begun() -> None:
    dispatcher = dispatcher_of(clip("a"))
    lease = dispatcher.lease("w1", (), 0.0)
    assert lease is not None
    dispatcher.begun(lease, "w1")
    dispatcher.enrol(FilmOrder(film="g", title="G"))
    dispatcher.submit("g", [clip("a")], RENDERER)
    assert told(dispatcher, "g") == [Started("a", "w1", 1, film="f")]


def test_a_driver_that_lost_an_answer_is_given_it_again_and_what_it_took_is_forgotten() -> None:
    dispatcher = dispatcher_of(clip("a"), clip("b"))
    finishes(dispatcher, "w1")
    assert told(dispatcher, after=0) == told(dispatcher, after=0)
    assert len(told(dispatcher, after=1)) == 1
    assert told(dispatcher, after=0) == told(dispatcher, after=1), "the first was taken"
    assert dispatcher.listen("nobody", 0, 0.0) is None


def test_a_film_that_is_withdrawn_names_the_workers_that_render_for_it_alone() -> None:
    dispatcher = dispatcher_of(clip("a"), clip("b"))
    dispatcher.enrol(FilmOrder(film="g", title="G"))
    dispatcher.submit("g", [clip("b")], RENDERER)
    leases = [dispatcher.lease(worker, (), 0.0) for worker in ("w1", "w2")]
    where = {}
    for lease, worker in zip(leases, ("w1", "w2"), strict=True):
        assert lease is not None
        dispatcher.begun(lease, worker)
        where[lease.clip.fingerprint] = worker
    assert dispatcher.withdraw("f") == {where["a"]}
    assert dispatcher.films == {"g"}
    dispatcher.dropped(clip("a"))
    assert dispatcher.unsettled == 1


def test_a_worker_that_renders_already_has_the_lease_when_the_film_comes_back() -> None:
    dispatcher = Dispatcher(3)
    for worker in ("w1", "w2"):
        dispatcher.join(worker)
        dispatcher.started(worker, f"id of {worker}")
    dispatcher.expect(1)
    found = ThreadPoolExecutor(1).submit(dispatcher.found, "w1", Job(clip("a"), RENDERER, 1), 20.0)
    while not dispatcher._found:
        time.sleep(0.001)
    dispatcher.enrol(FilmOrder(film="f", title="F"))
    dispatcher.submit("f", [clip("a")], RENDERER)
    assert dispatcher.lease("w2", (), 0.0) is None
    lease = found.result(20.0)
    assert lease is not None
    assert lease.clip.fingerprint == "a"


def test_a_film_that_is_called_off_is_told_so() -> None:
    dispatcher = dispatcher_of(clip("a"))
    assert dispatcher.call_off("f")
    assert not dispatcher.call_off("g")
    found = dispatcher.listen("f", 0, 20.0)
    assert found is not None
    assert found.called_off


def test_nothing_is_begun_anew_before_all_that_outlived_the_keeper_have_said_what_they_render() -> None:
    dispatcher = dispatcher_of(clip("a"), clip("b"))
    dispatcher.expect(2)
    assert dispatcher.lease("w2", (), 0.0) is None
    dispatcher.said()
    lease = dispatcher.found("w1", Job(clip("a"), RENDERER, 1), 0.0)
    assert lease is not None
    assert lease.clip.fingerprint == "a", "though the film came first"
    other = dispatcher.lease("w2", (clip("b").model,), 0.0)
    assert other is not None
    assert other.clip.fingerprint == "b"
    dispatcher.expect(1)
    assert dispatcher.found("w3", Job(clip("a"), RENDERER, 1), 0.0) is None, "another one has it"


def test_a_worker_is_told_how_useful_its_models_are_and_what_it_will_load() -> None:
    first, then = clip("a", seconds=20), clip("b", variant="i2v-a14b")
    dispatcher = dispatcher_of(first)
    dispatcher.submit("f", [then], RendererSpec("stub", {"steps": 9}))
    lease = dispatcher.lease("w1", {first.model, then.model}, 0.0)
    assert lease is not None
    job = dispatcher.job(lease)
    assert job == Job(first, RENDERER, 1, {first.model: 0.0, then.model: 10.0}, owner=job.owner)
    assert job.owner not in ("", dispatcher_of(first)._keeper)
    dispatcher.holds("w1", frozenset({first.model, then.model}))
    assert dispatcher.ahead("w1") is None, "it holds both"
    dispatcher.holds("w1", frozenset({first.model}))
    assert dispatcher.ahead("w1") == Ahead("i2v-a14b", RendererSpec("stub", {"steps": 9}))
    assert dispatcher.ahead("w2") is None, "it does nothing"
    dispatcher.withdraw("f")
    assert dispatcher.ahead("w1") is None

"""The life of one worker, with a worker that says what it is told to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from types import SimpleNamespace
from typing import Any

from flows.clips import Medium
from flows.cluster.dispatcher import Dispatcher
from flows.cluster.failures import Blame, Fault
from flows.cluster.job import HandedBack, Job, Message, Warm, WorkerFacts
from flows.cluster.place import WorkerDied
from flows.cluster.queue import FilmOrder
from flows.cluster.renderers import RendererSpec
from flows.cluster.room import Node, WorkerSize
from flows.cluster.worker_loop import WorkerLoop
from flows.events import MOTION, Event, Failed, Finished, Log, Progress, Started
from flows.planning.model import Clip
from flows.planning.motion import MADE_FROM, PREPARED
from tests.flows.cluster.clips import clip
from tests.flows.made import changed
from tests.flows.records import empty_record

Script = Callable[[Clip], list[Message | WorkerDied]]


class Puppet:
    """`flows.cluster.remote.RemoteWorker` that follows a script; every start takes it to the next of `nodes`."""

    def __init__(self, script: Script, nodes: Collection[str] = ("one",), dispatcher: Dispatcher | None = None) -> None:
        self.name = "worker-1"
        self.warm: frozenset[str] = frozenset()
        self.facts = WorkerFacts("", "", 0)
        self.running = False
        self.stopped = False
        self.said: list[str] = []
        self._script = script
        self._nodes = deque(nodes)

    def start(self, avoid: Collection[str], wanted: Callable[[], bool]) -> bool:
        if not wanted():
            return False
        node = self._nodes[0] if len(self._nodes) == 1 else self._nodes.popleft()
        if node == "refuses":
            raise WorkerDied("it did not start")
        self.facts, self.running = WorkerFacts(node, f"id of {node}", 1), True
        self.said.append(f"starts on {node}")
        return True

    def render(self, job: Job) -> Iterator[Message]:
        for said in self._script(job.clip):
            if isinstance(said, WorkerDied):
                raise said
            yield said

    def end(self) -> None:
        if self.running:
            self.said.append("ends")
        self.running = False

    def leave(self) -> None:
        self.running = False
        self.said.append("leaves")


def session(*nodes: str) -> Any:
    return SimpleNamespace(nodes=lambda: [Node(1, 0, frozenset(), f"id of {node}") for node in nodes])


def dispatcher_of(attempts: int, *clips: Clip) -> Dispatcher:
    dispatcher = Dispatcher(attempts)
    dispatcher.enrol(FilmOrder(film="f", title="F"))
    dispatcher.submit("f", clips, RendererSpec("stub"))
    return dispatcher


def live(dispatcher: Dispatcher, puppet: Puppet, *nodes: str) -> list[Event]:
    """What is told until the worker is of no use any more, or all is rendered."""
    dispatcher.join(puppet.name)
    leased, waited = dispatcher.lease, dispatcher.wait_until_wanted

    def lease(worker: str, warm: Collection[str], seconds: float | None = None) -> Any:
        if not dispatcher.wanted:
            dispatcher.stop()
        return leased(worker, warm, seconds)

    def wait() -> None:
        if not dispatcher.wanted:
            dispatcher.stop()
        waited()

    # whoever waits for the next clip would wait forever
    dispatcher.lease, dispatcher.wait_until_wanted = lease, wait  # type: ignore[method-assign]
    WorkerLoop(puppet, dispatcher, session(*(nodes or ("one",))), WorkerSize(1, 1.0, 0.0), grows=False).run()  # type: ignore[arg-type]
    found = dispatcher.listen("f", 0, 0.0)
    assert found is not None
    return list(found.events)


def renders(leased: Clip) -> list[Message | WorkerDied]:
    return [
        Progress(leased.fingerprint, "denoise", 1, 1),
        Warm(frozenset({leased.spec.variant})),
        Finished(leased.fingerprint, empty_record(leased.fingerprint), cached=False),
    ]


def test_it_renders_clip_after_clip_and_leaves() -> None:
    dispatcher = dispatcher_of(2, clip("a"), clip("b", after=["a"]))
    puppet = Puppet(renders)
    told = live(dispatcher, puppet)
    assert [(type(event), event.fingerprint) for event in told] == [
        (kind, name) for name in ("a", "b") for kind in (Started, Progress, Finished)
    ]
    assert puppet.warm == {"t2v-a14b"}
    assert puppet.said == ["starts on one", "leaves"]


def test_a_worker_that_dies_is_replaced_and_the_clip_tried_again() -> None:
    dispatcher = dispatcher_of(2, clip("a"))
    deaths = [WorkerDied("killed")]
    puppet = Puppet(lambda leased: [deaths.pop()] if deaths else renders(leased))
    told = live(dispatcher, puppet)
    (failed,) = [event for event in told if isinstance(event, Failed)]
    assert (failed.message, failed.final) == ("worker died: killed", False)
    assert isinstance(told[-1], Finished)
    assert puppet.said == ["starts on one", "ends", "starts on one", "leaves"]


def test_a_worker_that_says_nothing_more_has_died() -> None:
    dispatcher = dispatcher_of(1, clip("a"))
    (_, failed, *_) = live(dispatcher, Puppet(lambda leased: []))
    assert failed == Failed("a", "worker-1 (one)", "worker died: it ended without a result", final=True, lost=True)


def test_a_machine_that_lacks_something_is_left_for_another() -> None:
    dispatcher = dispatcher_of(1, clip("a"))
    dispatcher.join("worker-2")  # nobody knows yet where it will run
    faults = [Fault("a", "no such weights", Blame.NODE)]
    puppet = Puppet(lambda leased: [faults.pop()] if faults else renders(leased), nodes=("one", "two"))
    told = live(dispatcher, puppet, "one", "two", "three")
    assert [type(event) for event in told] == [Started, Failed, Started, Progress, Finished]
    assert puppet.said == ["starts on one", "leaves", "starts on two", "leaves"]


def test_a_worker_that_never_starts_is_given_up_with_its_reason() -> None:
    dispatcher = dispatcher_of(1, clip("a"))
    told = live(dispatcher, Puppet(renders, nodes=("refuses",)))
    assert [event.message for event in told if isinstance(event, Log)] == ["worker-1 is out of use: it did not start"]
    assert isinstance(told[-1], Failed)
    assert told[-1].final


def test_a_worker_that_has_its_driving_video_prepared_lets_others_go_on() -> None:
    media = (Medium(MADE_FROM, "video"), Medium(PREPARED, "key"))
    dispatcher = dispatcher_of(1, *(changed(clip(name), media=media) for name in ("a", "b")))
    dispatcher.join("other")
    dispatcher.started("other", "id of two")
    leased: list[str] = []

    def prepares(mine: Clip) -> list[Message | WorkerDied]:
        def said() -> Iterator[Message]:
            yield Progress(mine.fingerprint, MOTION, 0, 7)
            yield Progress(mine.fingerprint, MOTION, 7, 7)
            if not leased:
                other = dispatcher.lease("other", (), 0.0)  # would wait forever if the key were still held
                assert other is not None
                leased.append(other.clip.fingerprint)
                dispatcher.finished(other.clip, Finished(other.clip.fingerprint, empty_record("x"), cached=False))
            yield from renders(mine)  # type: ignore[misc]

        return said()  # type: ignore[return-value]

    live(dispatcher, Puppet(prepares))
    assert leased == ["b"]


def test_a_clip_that_is_handed_back_costs_no_attempt_and_its_worker_comes_again() -> None:
    dispatcher = dispatcher_of(1, clip("a"))
    ends = [HandedBack("a")]
    puppet = Puppet(lambda leased: [ends.pop()] if ends else renders(leased))
    told = live(dispatcher, puppet)
    assert [type(event) for event in told] == [Started, Failed, Started, Progress, Finished]
    assert [event.attempt for event in told if isinstance(event, Started)] == [1, 1]
    assert puppet.said == ["starts on one", "leaves", "starts on one", "leaves"]


def test_a_worker_that_has_nothing_to_do_goes_if_it_may() -> None:
    for spare in (True, False):
        dispatcher = dispatcher_of(1)
        dispatcher.join("worker-1")
        puppet = Puppet(renders)
        asked: list[bool] = []

        def may(spare: bool = spare, asked: list[bool] = asked, dispatcher: Dispatcher = dispatcher) -> bool:
            asked.append(spare)
            if len(asked) == 3:
                dispatcher.stop()
            return spare

        loop = WorkerLoop(
            puppet,  # type: ignore[arg-type]
            dispatcher,
            session("one"),
            WorkerSize(1, 1.0, 0.0),
            grows=False,
            idle_seconds=0.0,
            spare=may,
        )
        assert loop.run()
        assert len(asked) == (1 if spare else 3)
        told = dispatcher.listen("f", 0, 0.0)
        assert told is not None
        assert told.events == (), "nobody needs to hear of it"

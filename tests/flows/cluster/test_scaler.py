"""How many workers a pool has, with a cluster and workers that are told what to say."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import ray
from ray.exceptions import GetTimeoutError

from flows.cluster.dispatcher import Dispatcher
from flows.cluster.job import WorkerFacts
from flows.cluster.queue import FilmOrder
from flows.cluster.renderers import RendererSpec
from flows.cluster.room import Node, WorkerSize
from flows.cluster.scaler import Scaler
from flows.cluster.terms import Terms
from flows.config import compose
from tests.flows.cluster.clips import clip

SPEC = RendererSpec("stub")


class Idle:
    """In the place of a worker's loop: lives until it is let go, and says whether it was given up."""

    let_go: threading.Event
    bad = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.spare = options["spare"]

    def run(self, *, found: bool = False) -> bool:
        self.let_go.wait(20)
        return not self.bad


@pytest.fixture(autouse=True)
def loops(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Idle]]:
    Idle.let_go, Idle.bad = threading.Event(), False
    monkeypatch.setattr("flows.cluster.scaler.WorkerLoop", Idle)
    yield Idle
    Idle.let_go.set()


def scaler(dispatcher: Dispatcher, nodes: list[Node], **settings: Any) -> Scaler:
    cluster = replace(compose([]).settings.cluster, **settings)
    terms = Terms("default", cluster, WorkerSize(0, 1.0, 0.0), "/store", b"", own=False)
    session = SimpleNamespace(ray=None, nodes=lambda: nodes, named=lambda prefix: ("2", "5"))
    made = Scaler(session, terms, dispatcher, lambda error: None)  # type: ignore[arg-type]
    made.renderer = SPEC
    return made


def with_clips(count: int) -> Dispatcher:
    dispatcher = Dispatcher(3)
    dispatcher.enrol(FilmOrder(film="f", title="F"))
    dispatcher.submit("f", [clip(f"c{number}") for number in range(count)], SPEC)
    return dispatcher


def test_there_are_as_many_as_there_is_work_and_room_for() -> None:
    nodes = [Node(4, 0)]
    assert scaler(with_clips(2), nodes).wanted() == 2
    assert scaler(with_clips(9), nodes).wanted() == 4
    assert scaler(with_clips(9), nodes, max_workers=3).wanted() == 3
    assert scaler(with_clips(0), nodes, min_workers=2).wanted() == 2
    assert scaler(with_clips(0), nodes, min_workers=9).wanted() == 4


def test_a_cluster_that_grows_is_asked_for_what_has_work() -> None:
    assert scaler(with_clips(9), [Node(1, 0)], autoscaling=True).wanted() == 9
    assert scaler(with_clips(9), [Node(1, 0)], autoscaling=True, max_workers=5).wanted() == 5


def test_a_machine_that_comes_later_has_workers_too() -> None:
    nodes = [Node(1, 0)]
    growing = scaler(with_clips(9), nodes)
    growing.look()
    assert len(growing.workers) == 1
    nodes.append(Node(2, 0))
    growing.look()
    assert [worker.name for worker in growing.workers] == ["worker-1", "worker-2", "worker-3"]


def test_one_that_was_given_up_is_not_replaced_while_there_is_work(loops: type[Idle]) -> None:
    dispatcher = with_clips(9)
    made = scaler(dispatcher, [Node(2, 0)])
    made.look()
    loops.bad = True
    loops.let_go.set()
    while made.workers:
        pass
    assert made.wanted() == 0
    dispatcher.withdraw("f")
    dispatcher.enrol(FilmOrder(film="g", title="G"))
    made.wanted()
    dispatcher.submit("g", [clip("new")], SPEC)
    assert made.wanted() == 1, "the next film may find its machine mended"


def test_workers_that_outlived_their_keeper_are_found_by_name_and_new_ones_have_others() -> None:
    made = scaler(with_clips(9), [Node(3, 0)])
    made.take_over(SPEC)
    made.look()
    assert sorted(worker.name for worker in made.workers) == ["worker-2", "worker-5", "worker-6"]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"a": {"t2v-a14b": "1"}, "b": {"t2v-a14b": "2"}}, {"a": {"t2v-a14b": "1"}, "b": {"t2v-a14b": "2"}}),
        ({"a": {"t2v-a14b": "1"}, "b": GetTimeoutError()}, {}),
        ({"a": None, "b": {"t2v-a14b": "2"}}, {"b": {"t2v-a14b": "2"}}),
        ({}, {}),
    ],
)
def test_machines_are_asked_for_their_checkpoints_once_each_and_one_that_is_silent_may_have_them(
    answers: dict[str, Any], expected: dict[str, Any]
) -> None:
    asked: list[str] = []

    class Answers:
        exceptions = ray.exceptions

        def wait(self, references: list[Any], num_returns: int, timeout: float) -> None:
            assert num_returns == len(references)

        def get(self, reference: Any, timeout: float) -> Any:
            if isinstance(reference, BaseException):
                raise reference
            return reference

    def worker(node: str) -> Any:
        def checkpoints(spec: RendererSpec, variants: list[str]) -> Any:
            asked.append(node)
            return answers[node]

        return SimpleNamespace(facts=WorkerFacts(node, f"id of {node}", 1), checkpoints=checkpoints)

    found = scaler(with_clips(1), [])
    found._session = SimpleNamespace(ray=Answers())  # type: ignore[assignment]
    found._workers = {f"{node}{number}": worker(node) for node in answers for number in range(2)}
    assert found.checkpoints(SPEC, ["t2v-a14b"]) == expected
    assert set(asked) == answers.keys()
    assert all(asked.count(node) == 1 for node in answers if answers[node] is not None)


def test_workers_hear_once_a_minute_that_they_have_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    greeted = []
    monkeypatch.setattr("flows.cluster.remote.RemoteWorker.greet", lambda worker: greeted.append(worker.name))
    made = scaler(with_clips(2), [Node(2.0, 0.0)])
    made.look()
    made.greet()
    assert not greeted
    monkeypatch.setattr("flows.cluster.scaler.GREET_SECONDS", 0.0)
    made.greet()
    assert sorted(greeted) == ["worker-1", "worker-2"]

"""A worker as the pool sees it, against a Ray that does and raises what it is told to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import ray.exceptions as errors

from flows.cluster.failures import RAY_FAULTS, RayFault
from flows.cluster.remote import RemoteWorker, WorkerDied
from flows.cluster.renderers import RendererSpec
from flows.cluster.room import WorkerSize
from flows.cluster.worker import WorkerFacts
from flows.events import Log
from flows.store import Store
from flows.store.memory import MemoryBackend
from tests.flows.cluster.clips import clip

FACTS = WorkerFacts("box", "id of box", 42)
SAID = Log("a", logging.INFO, "hello")


class Ray:
    """As much of the module as a `RemoteWorker` uses. `facts` and `render` are what a call gives, or raises."""

    exceptions = errors

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.facts: Any = FACTS
        self.stream: Callable[[], Iterator[Any]] = lambda: iter([SAID])
        self.room: list[Any] = [True]
        self.refuses_to_end = False
        self.util = SimpleNamespace(
            placement_group=self._placement_group,
            remove_placement_group=lambda room: self._ended("remove room"),
            scheduling_strategies=SimpleNamespace(PlacementGroupSchedulingStrategy=lambda placement_group: None),
        )

    def _placement_group(self, bundles: Any, bundle_label_selector: Any) -> Any:
        self.calls.append(f"room {bundles} {bundle_label_selector}")

        def wait(timeout_seconds: float) -> bool:
            found = self.room.pop(0) if len(self.room) > 1 else self.room[0]
            if isinstance(found, BaseException):
                raise found
            return bool(found)

        return SimpleNamespace(wait=wait)

    def remote(self, kind: type) -> Any:
        actor = SimpleNamespace(
            facts=SimpleNamespace(remote=lambda: self.facts),
            render=SimpleNamespace(options=lambda num_returns: SimpleNamespace(remote=lambda leased: self.stream())),
        )
        return SimpleNamespace(options=lambda **how: SimpleNamespace(remote=lambda *arguments: actor))

    def get(self, reference: Any, timeout: float | None = None) -> Any:
        if isinstance(reference, BaseException):
            raise reference
        return reference

    def cancel(self, stream: Any) -> None:
        self._ended("cancel")

    def kill(self, actor: Any, no_restart: bool) -> None:
        self._ended("kill")

    def _ended(self, what: str) -> None:
        self.calls.append(what)
        if self.refuses_to_end:
            raise errors.RaySystemError("Ray is gone")


@pytest.fixture
def fake() -> Ray:
    return Ray()


@pytest.fixture
def worker(fake: Ray) -> RemoteWorker:
    size = WorkerSize(1, 2.0, 0.5)
    spec, store = RendererSpec("stub"), Store(MemoryBackend())
    return RemoteWorker(SimpleNamespace(ray=fake), "worker-1", size, spec, store, 5.0)  # type: ignore[arg-type]


def wanted() -> bool:
    return True


def test_it_starts_where_there_is_room_and_says_where_that_is(fake: Ray, worker: RemoteWorker) -> None:
    assert not worker.running
    assert worker.start({"bad", "worse"}, wanted)
    assert (worker.running, worker.facts, worker.waiting) == (True, FACTS, False)
    assert fake.calls == ["room [{'CPU': 2.0, 'GPU': 0.5}] [{'ray.io/node-id': '!in(bad,worse)'}]"]
    assert list(worker.render(clip("a"))) == [SAID]


def test_room_is_waited_for_as_long_as_the_worker_is_wanted(fake: Ray, worker: RemoteWorker) -> None:
    fake.room = [False]
    looks = iter([True, True, False])
    assert not worker.start((), lambda: next(looks))
    assert not worker.running


def test_its_place_is_kept_until_it_leaves(fake: Ray, worker: RemoteWorker) -> None:
    worker.start((), wanted)
    worker.end()
    assert not worker.running
    worker.start((), wanted)
    assert sum(call.startswith("room") for call in fake.calls) == 1
    worker.leave()
    worker.leave()
    assert fake.calls[1:] == ["kill", "kill", "remove room"]


def test_one_that_does_not_come_in_time_has_died(fake: Ray, worker: RemoteWorker) -> None:
    fake.facts = errors.GetTimeoutError("late")
    with pytest.raises(WorkerDied, match=r"did not start in 5 s \(cluster\.start_timeout\)"):
        worker.start((), wanted)
    assert not worker.running


def _every_error() -> list[BaseException]:
    """One of each kind; each takes something else to be made, so that none is made as Ray does it."""
    names = [name for fault, names in RAY_FAULTS.items() if fault is not RayFault.ASKED for name in sorted(names)]
    kinds = [getattr(errors, name) for name in names]
    return [type(kind.__name__, (kind,), {"__init__": _nothing, "__str__": lambda _: "it came"})() for kind in kinds]


def _nothing(self: object) -> None:
    pass


@pytest.mark.parametrize("error", _every_error(), ids=lambda error: type(error).__name__)
def test_every_error_of_ray_is_a_death_wherever_it_comes(fake: Ray, worker: RemoteWorker, error: BaseException) -> None:
    fake.room = [error]
    with pytest.raises(WorkerDied, match="came"):
        worker.start((), wanted)
    fake.room, fake.facts = [True], error
    with pytest.raises(WorkerDied, match=r"came|did not start in"):
        worker.start((), wanted)
    fake.facts, fake.stream = FACTS, lambda: iter([SAID, error])
    worker.start((), wanted)
    heard = worker.render(clip("a"))
    assert next(heard) == SAID
    with pytest.raises(WorkerDied, match="came"):
        next(heard)


def test_what_we_cancelled_ends_without_an_error(fake: Ray, worker: RemoteWorker) -> None:
    worker.start((), wanted)
    fake.stream = lambda: iter([SAID, errors.TaskCancelledError()])
    heard = worker.render(clip("a"))
    next(heard)
    worker.cancel()
    assert list(heard) == []
    assert fake.calls[-1] == "cancel"
    assert list(worker.render(clip("b"))) == []
    assert not worker.start((), wanted)


def test_one_that_says_nothing_is_ended_and_the_reason_said(fake: Ray, worker: RemoteWorker) -> None:
    worker.start((), wanted)
    worker.end_if_silent(0.0)  # it renders nothing: there is nothing to be said
    assert worker.running
    fake.stream = lambda: iter([SAID, errors.ActorDiedError()])
    heard = worker.render(clip("a"))
    next(heard)
    worker.end_if_silent(60.0)
    assert worker.running
    worker.end_if_silent(0.0)
    with pytest.raises(WorkerDied, match=r"^it said nothing for 0 s \(cluster\.silence_timeout\)"):
        next(heard)
    with pytest.raises(WorkerDied, match="it said nothing"):
        next(worker.render(clip("a")))


def test_a_ray_that_is_gone_keeps_nobody_from_leaving(fake: Ray, worker: RemoteWorker) -> None:
    worker.start((), wanted)
    fake.refuses_to_end = True
    worker.leave()
    assert not worker.running


def test_of_what_ray_says_the_identifiers_are_left_out(fake: Ray, worker: RemoteWorker) -> None:
    fake.facts = errors.RaySystemError(
        "The actor died.\n\tclass_name: Worker\n\tactor_id: 12\n\tpid: 7\n  It was killed."
    )
    with pytest.raises(WorkerDied) as caught:
        worker.start((), wanted)
    assert str(caught.value).endswith("The actor died. It was killed.")

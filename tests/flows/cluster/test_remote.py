"""A worker as the pool sees it, against a Ray that does and raises what it is told to."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import ray.exceptions as errors

from flows.cluster.failures import RAY_FAULTS, RayFault
from flows.cluster.job import Ahead, Heard, Job, WorkerFacts
from flows.cluster.place import WorkerDied
from flows.cluster.remote import RemoteWorker
from flows.cluster.renderers import RendererSpec
from flows.cluster.room import WorkerSize
from flows.cluster.terms import Terms
from flows.config import compose
from flows.events import Log
from tests.flows.cluster.clips import clip

FACTS = WorkerFacts("box", "id of box", 42)
SAID = Log("a", logging.INFO, "hello")
JOB = Job(clip("a"), RendererSpec("stub"))


class Ray:
    """As much of the module as a `RemoteWorker` uses. `facts` and what it says (`stream`) are what a call gives, or
    raises; after the last of what it says the job is over."""

    exceptions = errors

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.ahead: list[Ahead | None] = []
        self.facts: Any = FACTS
        self.stream: Sequence[Any] = [SAID]
        self.doing: Job | None = None
        self.clock = 0.0
        self.room: list[Any] = [True]
        self.refuses_to_end = False
        self.util = SimpleNamespace(
            placement_group=self._placement_group,
            get_placement_group=lambda name: f"room of {name}",
            remove_placement_group=lambda room: self._ended("remove room"),
            scheduling_strategies=SimpleNamespace(PlacementGroupSchedulingStrategy=lambda **where: None),
        )

    def _placement_group(
        self, bundles: Any, strategy: str, bundle_label_selector: Any, name: str, lifetime: str
    ) -> Any:
        assert strategy == "STRICT_PACK"
        self.calls.append(f"room {bundles} {bundle_label_selector} {name} {lifetime}")

        def wait(timeout_seconds: float) -> bool:
            found = self.room.pop(0) if len(self.room) > 1 else self.room[0]
            if isinstance(found, BaseException):
                raise found
            return bool(found)

        return SimpleNamespace(wait=wait)

    def remote(self, kind: type) -> Any:
        return SimpleNamespace(options=lambda **how: SimpleNamespace(remote=lambda *arguments: self.actor()))

    def actor(self) -> Any:
        return SimpleNamespace(
            facts=SimpleNamespace(remote=lambda: self.facts),
            begin=SimpleNamespace(remote=lambda job: None),
            doing=SimpleNamespace(remote=lambda: self.doing),
            listen=SimpleNamespace(remote=self._listen),
            stop=SimpleNamespace(remote=lambda: self._ended("stop")),
        )

    def get_actor(self, name: str, namespace: str) -> Any:
        if self.doing is None:
            raise ValueError(f"no actor {name}")
        return self.actor()

    def _listen(self, after: int, seconds: float, ahead: Ahead | None) -> Any:
        """One thing at a time."""
        self.ahead.append(ahead)
        if after >= len(self.stream):
            return Heard((), over=True)
        said = self.stream[after]
        return said if isinstance(said, BaseException) else Heard((said,) if said else (), over=False)

    def get(self, reference: Any, timeout: float | None = None) -> Any:
        if isinstance(reference, BaseException):
            raise reference
        return reference

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
    session = SimpleNamespace(ray=fake, answers=lambda node: True)
    settings = replace(compose([]).settings.cluster, start_timeout=5.0, silence_timeout=1000.0)
    terms = Terms("pool", settings, WorkerSize(1, 2.0, 0.5), "/store", b"", own=True)
    return RemoteWorker(session, terms, "worker-1", RendererSpec("stub"))  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A second passes with each look; what is put in passes at once."""
    passes = [0.0]

    def now() -> float:
        passes[0] += 1.0
        return passes[0]

    monkeypatch.setattr("flows.cluster.remote.time", SimpleNamespace(monotonic=now, time=lambda: 0.0))
    return passes


def wanted() -> bool:
    return True


def test_it_starts_where_there_is_room_and_says_where_that_is(fake: Ray, worker: RemoteWorker) -> None:
    assert not worker.running
    assert worker.start({"bad", "worse"}, wanted)
    assert (worker.running, worker.facts, worker.waiting) == (True, FACTS, False)
    where = "[{'ray.io/node-id': '!in(bad,worse)'}]"
    assert fake.calls == [f"room [{{'CPU': 2.0, 'GPU': 0.5}}] {where} pool/worker-1 detached"]
    assert list(worker.render(JOB)) == [SAID]


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
def test_every_error_of_ray_is_a_death_wherever_it_comes(
    fake: Ray, worker: RemoteWorker, clock: list[float], error: BaseException
) -> None:
    fake.room = [error]
    with pytest.raises(WorkerDied, match="came"):
        worker.start((), wanted)
    fake.room, fake.facts = [True], error
    with pytest.raises(WorkerDied, match=r"came|did not start in"):
        worker.start((), wanted)
    fake.facts, fake.stream = FACTS, [SAID, error]
    worker.start((), wanted)
    heard = worker.render(JOB)
    assert next(heard) == SAID
    with pytest.raises(WorkerDied, match=r"came|has not answered"):
        next(heard)


def test_what_we_stopped_ends_without_an_error_and_the_next_may_come(fake: Ray, worker: RemoteWorker) -> None:
    worker.start((), wanted)
    heard = worker.render(JOB)
    assert next(heard) == SAID
    assert (worker.state, worker.clip) == ("renders", "a")
    worker.stop()
    assert list(heard) == []
    assert worker.stopped
    assert fake.calls[-1] == "stop"
    assert (list(worker.render(JOB)), worker.stopped, worker.state) == ([SAID], False, "idle")
    worker.close()
    assert list(worker.render(JOB)) == []
    assert not worker.start((), wanted)


HANGS = [
    (1.0, 200, ", and its clip should take 1 s in all"),
    (100.0, 500, ", and its clip should take 100 s in all"),
    (900.0, 1000, r" \(cluster\.silence_timeout\)"),
]


@pytest.mark.parametrize(("estimated", "allowed", "why"), HANGS)
def test_one_that_says_nothing_for_far_longer_than_the_clip_should_take_is_ended(
    fake: Ray, worker: RemoteWorker, clock: list[float], estimated: float, allowed: int, why: str
) -> None:
    worker.start((), wanted)
    fake.stream = [SAID, None]  # nothing more, and not the end
    heard = worker.render(replace(JOB, clip=clip("a", seconds=estimated)))
    next(heard)
    clock[0] += allowed - 30
    # each look takes a second or two; what is left of the time it may be silent
    with pytest.raises(WorkerDied, match=f"^it said nothing for {allowed} s{why}"):
        next(heard)
    assert not worker.running


@pytest.mark.parametrize(("estimated", "allowed"), [(1.0, 60), (200.0, 200), (2000.0, 1000)])
def test_one_whose_process_does_not_answer_though_its_machine_does_is_ended_sooner(
    fake: Ray, worker: RemoteWorker, clock: list[float], estimated: float, allowed: int
) -> None:
    worker.start((), wanted)
    fake.stream = [SAID, errors.GetTimeoutError("late")]
    heard = worker.render(replace(JOB, clip=clip("a", seconds=estimated)))
    next(heard)
    clock[0] += allowed - 30
    worker._session.answers = lambda node: True  # type: ignore[method-assign]
    with pytest.raises(WorkerDied, match=f"^its process has not answered for {allowed} s"):
        next(heard)
    assert not worker.running


def test_a_machine_that_is_gone_is_noticed_long_before_ray_does_and_a_busy_one_is_waited_for(
    fake: Ray, worker: RemoteWorker, clock: list[float]
) -> None:
    worker.start((), wanted)
    there = iter([True] * 10 + [False] * 50)
    worker._session.answers = lambda node: next(there)  # type: ignore[method-assign]
    fake.stream = [errors.GetTimeoutError("late")]
    with pytest.raises(WorkerDied, match="its machine has not answered for 20 s"):
        next(worker.render(JOB))
    assert next(there) is False
    assert clock[0] < 150.0


def test_a_worker_that_outlived_its_keeper_is_found_with_its_job(fake: Ray, worker: RemoteWorker) -> None:
    with pytest.raises(WorkerDied, match="no actor pool/worker-1"):
        worker.adopt()
    fake.doing = JOB
    assert worker.adopt() == JOB
    assert list(worker.follow(JOB)) == [SAID]
    worker.leave()
    assert fake.calls == ["kill", "remove room"]


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


def test_with_every_question_it_is_told_what_comes_next_as_it_is_seen_then(fake: Ray, worker: RemoteWorker) -> None:
    fake.stream = [SAID, SAID]
    plans = iter([None, Ahead("i2v-a14b", RendererSpec("stub")), Ahead("s2v-14b", RendererSpec("stub"))])
    worker.foresee = lambda: next(plans)
    worker.start((), wanted)
    assert list(worker.render(JOB)) == [SAID, SAID]
    assert [ahead and ahead.variant for ahead in fake.ahead] == [None, "i2v-a14b", "s2v-14b"]


def test_one_that_has_nothing_to_do_is_greeted(fake: Ray, worker: RemoteWorker) -> None:
    asked = []
    fake.actor = lambda: SimpleNamespace(  # type: ignore[method-assign]
        facts=SimpleNamespace(remote=lambda: FACTS), doing=SimpleNamespace(remote=lambda: asked.append(1))
    )
    worker.greet()
    assert not asked, "there is none"
    worker.start(frozenset(), wanted)
    worker.greet()
    assert asked == [1]
    worker.clip = "a"
    worker.greet()
    assert asked == [1]

"""When a state is kept, how, and what becomes of a clip when that fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import torch

from flows.cluster.checkpoints import WORTH_SECONDS, Checkpoints, Thrift, is_boundary, is_sound
from flows.errors import EnvironmentProblem, StoreError
from flows.store import Store
from flows.store.layout import CHECKPOINTS
from flows.store.memory import MemoryBackend
from wan.request import Guidance, Numerics, Sampling
from wan.sampling.solver import SolverState
from wan.state import State

FINGERPRINT = "a" * 64
SAMPLING = Sampling(4, 5.0, Guidance(4.0, 3.0), "unipc", 0.875)
"""Two steps of either expert."""


def a_state(step: int, value: float = 0.5, remembered: float = 0.25) -> State:
    return State(
        variant="t2v-a14b",
        checkpoint="c",
        request_digest="r",
        seed=7,
        sampling=SAMPLING,
        numerics=Numerics(),
        step=step,
        latents=torch.full((1, 16, 1, 2, 2), value),
        embeddings=torch.zeros(1, 4, 8),
        negative_embeddings=None,
        conditions={},
        generator=torch.zeros(4, dtype=torch.uint8),
        solver=SolverState({"model_outputs.0": torch.full((1, 16, 1, 2, 2), remembered)}, {"_step_index": step}),
    )


class AtOnce(ThreadPoolExecutor):
    """Writes before it returns."""

    def submit(self, function: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        found = super().submit(function, *given, **named)
        found.exception()
        return found


class Clip:
    """A clip under way on a clock that is set by hand."""

    def __init__(self, writer: ThreadPoolExecutor, store: Store | None = None, every: float = 60.0) -> None:
        self.now = 0.0
        self.store = store or Store(MemoryBackend())
        self.writer, self.every = writer, every
        self.kept = self.another()

    def another(self, determinism: str = "cpu") -> Checkpoints:
        return Checkpoints(self.store, FINGERPRINT, determinism, self.every, self.writer, lambda: self.now)

    def step(self, number: int, seconds: float, **values: float) -> int | None:
        """Take so long for a step; what another worker would find then."""
        self.now += seconds
        self.kept.reached(a_state(number, **values), {"denoise": self.now})
        return self.found()

    def found(self) -> int | None:
        found = self.another().find()
        return None if found is None else found[0].step


@pytest.fixture
def writer() -> Iterator[ThreadPoolExecutor]:
    with AtOnce(1) as made:
        yield made


def test_a_state_is_kept_when_so_many_seconds_would_be_lost(writer: ThreadPoolExecutor) -> None:
    clip = Clip(writer)
    assert [clip.step(1, 59), clip.step(1, 1), clip.step(1, 59), clip.step(3, 2)] == [None, 1, 1, 3]


def test_and_sooner_where_an_expert_has_done_its_part(writer: ThreadPoolExecutor) -> None:
    assert [step for step in range(5) if is_boundary(a_state(step))] == [2, 4]
    clip = Clip(writer)
    assert [clip.step(1, 14), clip.step(2, 1), clip.step(3, 14), clip.step(4, 1)] == [None, 2, 2, 4]
    brisk = Clip(writer)
    assert [brisk.step(number, 2) for number in range(1, 5)] == [None] * 4, "a quick clip writes nothing"


def test_a_slow_store_gets_fewer() -> None:
    thrift = Thrift(60.0, write_seconds=10.0)
    assert not thrift.wants(199, boundary=True)
    assert thrift.wants(200, boundary=False)


def test_none_is_kept_or_looked_for_where_nobody_wants_any(writer: ThreadPoolExecutor) -> None:
    clip = Clip(writer)
    clip.step(1, 100)
    never = Clip(writer, clip.store, every=0.0)
    assert never.found() is None
    never.step(3, 1e6)
    never.kept.hand_back()
    assert clip.found() == 1


def test_a_worker_that_stops_hands_back_the_last_step_if_it_is_worth_it(writer: ThreadPoolExecutor) -> None:
    clip = Clip(writer)
    clip.kept.hand_back()
    clip.step(1, WORTH_SECONDS - 0.1)
    clip.kept.hand_back()
    assert clip.found() is None
    clip.step(2, 0.2)
    clip.now += 1000  # of a step that was thrown away: no work of it is in the state
    clip.kept.hand_back()
    assert clip.found() == 2


def test_what_it_took_is_kept_with_it(writer: ThreadPoolExecutor) -> None:
    clip = Clip(writer)
    clip.step(1, 70)
    found = clip.another().find()
    assert found is not None
    state, seconds = found
    assert torch.equal(state.latents, a_state(1).latents)
    assert seconds == {"denoise": 70}
    assert clip.another("another kind of machine").find() is None


@pytest.mark.parametrize("bad", [{"value": torch.nan}, {"value": torch.inf}, {"remembered": torch.nan}], ids=str)
def test_what_is_no_number_is_never_kept(writer: ThreadPoolExecutor, bad: dict[str, float]) -> None:
    assert not is_sound(a_state(2, **bad))
    clip = Clip(writer)
    clip.step(1, 70)
    assert clip.step(2, 70, **bad) == 1
    clip.step(3, 10, **bad)
    clip.kept.hand_back()
    assert clip.found() == 1


def test_what_led_to_no_numbers_is_forgotten(writer: ThreadPoolExecutor) -> None:
    clip = Clip(writer)
    clip.step(1, 70)
    clip.kept.forget()
    clip.kept.hand_back()
    assert clip.found() is None


def test_one_is_written_at_a_time_and_steps_do_not_wait() -> None:
    held, writing = threading.Event(), threading.Event()

    class Slow(MemoryBackend):
        def put(self, key: str, data: bytes) -> None:
            writing.set()
            assert held.wait(60)
            super().put(key, data)

    with ThreadPoolExecutor(1) as thread:
        clip = Clip(thread, Store(Slow()))
        assert clip.step(1, 70) is None
        assert writing.wait(60)
        assert clip.step(3, 70) is None
        held.set()
        clip.kept.settle()
        assert clip.found() == 1
        assert clip.step(4, 2000) in (1, 4)
        clip.kept.settle()
        assert clip.found() == 4


class Troubled(MemoryBackend):
    """Raises `error` at whatever is asked of it."""

    error: Exception | None = None

    def put(self, key: str, data: bytes) -> None:
        if self.error:
            raise self.error
        super().put(key, data)

    def within(self, folder: str) -> Iterator[str]:
        if self.error:
            raise self.error
        return super().within(folder)

    def remove(self, key: str) -> None:
        if self.error:
            raise self.error
        super().remove(key)


def test_a_store_that_hiccups_costs_a_checkpoint_and_no_clip(
    writer: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    backend = Troubled()
    clip = Clip(writer, Store(backend))
    backend.error = StoreError("no answer")
    assert clip.step(1, 70) is None
    clip.kept.forget()
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 3
    assert "could not be written: no answer" in caplog.text
    assert "begins anew: no answer" in caplog.text
    backend.error = None
    assert clip.step(2, 70) == 2


def test_a_full_disk_is_told_once(writer: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture) -> None:
    backend = Troubled()
    clip = Clip(writer, Store(backend))
    backend.error = EnvironmentProblem("no space left for the store")
    for number in (1, 2, 3):
        clip.now += 70
        clip.kept.reached(a_state(number), {})
    clip.kept.hand_back()
    assert caplog.text.count("no space left for the store") == 1


@pytest.mark.parametrize("data", [b"", b"what is no state", a_state(1).to_bytes(), a_state(1).to_bytes(seconds="[]")])
def test_what_cannot_be_read_is_left_out_with_a_word(
    writer: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    from datetime import UTC, datetime

    from flows.store.checkpoints import put_checkpoint

    clip = Clip(writer)
    put_checkpoint(clip.store, FINGERPRINT, "cpu", 1, data, datetime.now(UTC))
    assert clip.store.notes(CHECKPOINTS)
    assert clip.found() is None
    assert "cannot be read, and the clip begins anew" in caplog.text

"""Takes that are disturbed, and gone on with by another worker: the same as undisturbed ones, bit for bit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from flows.clips import ClipLora
from flows.cluster import checkpoints
from flows.cluster.failures import Blame, blame_of
from flows.cluster.wan_clips import WanRenderer
from flows.errors import Stopped
from flows.planning.model import Clip
from flows.store import ClipRecord, Store, open_store
from flows.store.checkpoints import find_checkpoint, put_checkpoint
from flows.store.layout import CHECKPOINTS
from tests.flows.cluster.test_checkpoints import AtOnce
from tests.flows.cluster.test_wan_clips import Report, wan_clip
from tests.flows.made import changed
from tests.wan.conftest import make_family
from wan.errors import NumbersError
from wan.families import Family
from wan.pipeline import Pipeline
from wan.request import Solver
from wan.sampling import schedule, solver
from wan.state import State

STEPS = 4


class Lost(Exception):
    """The worker is gone."""


@dataclass
class LostAfter(Report):
    """Its worker is lost after so many steps."""

    steps: int = 1000

    def progress(self, stage: str, step: int, steps: int) -> None:
        super().progress(stage, step, steps)
        if (stage, step) == ("denoise", self.steps):
            raise Lost


@dataclass
class StoppedAt(Report):
    """Stops when it is asked for the nth time."""

    number: int = 1
    asked: int = 0

    def should_stop(self) -> bool:
        self.asked += 1
        return self.asked >= self.number


@pytest.fixture(scope="module", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    return make_family(tmp_path_factory.mktemp("family"))


@pytest.fixture(scope="module")
def workers(family: Family) -> tuple[WanRenderer, WanRenderer]:
    """Two that keep a checkpoint after every step."""

    def worker() -> WanRenderer:
        made = WanRenderer(threads=1, family="tiny", root=str(family.root), device="cpu", checkpoint_seconds=1e-9)
        made._writer = AtOnce(1)
        return made

    return worker(), worker()


@pytest.fixture(autouse=True)
def _steps_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take milliseconds here, and so does writing them."""
    monkeypatch.setattr(checkpoints, "WRITING_SHARE", 1e9)
    monkeypatch.setattr(checkpoints, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(checkpoints.Thrift, "wants_back", lambda thrift, since: thrift.every > 0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def a_clip(family: Family, sampler: Solver = "unipc") -> Clip:
    clip = wan_clip(family, f"a red boat by {sampler}")
    found = changed(clip, sampling=replace(clip.spec.sampling, num_inference_steps=STEPS, solver=sampler))
    assert schedule(found.spec.sampling).high_noise.tolist() == [True, True, False, False]
    return found


def taken(report: Report) -> list[int]:
    return [step for stage, step, _ in report.told if stage == "denoise"]


def same(one: ClipRecord, other: ClipRecord) -> bool:
    """The video is kept without loss: its digest is that of the decoded frames and their file."""
    return (one.video, one.latents, one.last_frame) == (other.video, other.latents, other.last_frame)


@pytest.mark.parametrize("sampler", ["unipc", "dpmpp", "euler"])
def test_a_clip_that_loses_its_worker_after_every_step_is_the_undisturbed_one(
    workers: tuple[WanRenderer, WanRenderer], family: Family, store: Store, tmp_path: Path, sampler: Solver
) -> None:
    clip = a_clip(family, sampler)
    undisturbed = workers[0].render(clip, open_store(str(tmp_path / "another store")), Report())
    for step in range(1, STEPS + 1):
        lost = LostAfter(steps=step)
        with pytest.raises(Lost):
            workers[step % 2].render(clip, store, lost)
        assert taken(lost) == ([step] if step == 1 else [step - 1, step]), "where it goes on is told, then its step"
    last = Report()
    record = workers[1].render(clip, store, last)
    assert taken(last) == [STEPS]
    assert "encode" not in [stage for stage, *_ in last.told]
    assert same(record, undisturbed)


@pytest.mark.parametrize("number", [2, 5, 6])
def test_a_worker_that_is_stopped_anywhere_in_a_step_hands_back_the_one_before(
    workers: tuple[WanRenderer, WanRenderer],
    family: Family,
    store: Store,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every step is asked for before it and between its two blocks: within the first, before and within the third."""
    clip, advance, done = a_clip(family), Pipeline.advance, (number - 1) // 2

    def watched(self: Pipeline, state: State, **asked: object) -> State:
        stop = StoppedAt(number=number)
        return advance(self, state, **{**asked, "should_stop": stop.should_stop})  # type: ignore[arg-type]

    monkeypatch.setattr(Pipeline, "advance", watched)
    with pytest.raises(Stopped, match=f"after step {done}"):
        workers[0].render(clip, store, Report())
    monkeypatch.setattr(Pipeline, "advance", advance)
    kept = find_checkpoint(store, clip.fingerprint, _determinism(workers[0]), datetime.now(UTC))
    if done == 0:
        assert kept is None, "nothing was worth keeping"
        return
    assert kept is not None
    assert State.from_bytes(kept)[0].step == done
    go_on = Report(stop_after=1)
    with pytest.raises(Stopped, match=f"after step {done}"):
        workers[1].render(clip, store, go_on)
    assert taken(go_on) == [done]


def _determinism(worker: WanRenderer) -> str:
    (pipeline,) = [worker._models.get(key, 0, lambda: None) for key in worker._models.keys]  # type: ignore[arg-type, return-value]
    return pipeline.determinism


def test_loading_reading_and_decoding_are_stopped_too(family: Family, store: Store, tmp_path: Path) -> None:
    counting = StoppedAt(number=10**9)
    fresh = lambda: WanRenderer(threads=1, family="tiny", root=str(family.root), device="cpu")  # noqa: E731
    clip = changed(a_clip(family), prompt="a boat moves left")
    fresh().render(clip, store, counting)
    for number in (1, counting.asked // 2, counting.asked):
        worker, report = fresh(), StoppedAt(number=number)
        with pytest.raises(Stopped):
            worker.render(clip, open_store(str(tmp_path / str(number))), report)
        assert report.asked == number
        assert worker.warm == (frozenset() if number == 1 else worker.warm)


def test_what_both_workers_took_for_the_steps_of_the_clip_is_counted(
    workers: tuple[WanRenderer, WanRenderer], family: Family, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = a_clip(family)
    with pytest.raises(Lost):
        workers[0].render(clip, store, LostAfter(steps=2))
    _rewrite(store, clip, workers[0], {"encode": 50.0, "denoise": 1000.0, "load": 300.0})
    seconds = workers[1].render(clip, store, Report()).seconds
    assert 50 < seconds["encode"] < 100
    assert 1000 < seconds["denoise"] < 1100
    assert seconds["load"] < 100, "a load is this worker's own"


def _rewrite(
    store: Store,
    clip: Clip,
    worker: WanRenderer,
    seconds: dict[str, float],
    change: Callable[[State], State] = lambda state: state,
) -> None:
    import json

    data = find_checkpoint(store, clip.fingerprint, _determinism(worker), datetime.now(UTC))
    assert data is not None
    state = change(State.from_bytes(data)[0])
    store.drop_checkpoints(clip.fingerprint)
    again = state.to_bytes(seconds=json.dumps(seconds))
    put_checkpoint(store, clip.fingerprint, _determinism(worker), state.step, again, datetime.now(UTC))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"request_digest": "another's"}, "were read as others"),
        ({"checkpoint": "f" * 64}, "the state was made by"),
        ({"variant": "i2v-a14b"}, "the state was made by i2v-a14b"),
    ],
)
def test_what_is_not_this_clips_is_left_alone_and_the_clip_begun_anew(
    workers: tuple[WanRenderer, WanRenderer],
    family: Family,
    store: Store,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, str],
    told: str,
) -> None:
    clip, report = a_clip(family), Report(stop_after=1)
    with pytest.raises(Lost):
        workers[0].render(clip, store, LostAfter(steps=2))
    _rewrite(store, clip, workers[0], {}, lambda state: replace(state, **change))  # type: ignore[arg-type]
    with pytest.raises(Stopped):
        workers[1].render(clip, store, report)
    assert taken(report) == [1]
    assert told in caplog.text


def test_that_it_goes_on_is_said(
    workers: tuple[WanRenderer, WanRenderer], family: Family, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    clip = a_clip(family)
    with pytest.raises(Lost):
        workers[0].render(clip, store, LostAfter(steps=3))
    caplog.set_level(logging.INFO)
    with pytest.raises(Stopped):
        workers[1].render(clip, store, Report(stop_after=1))
    assert "goes on after step 3 of 4, which another worker reached" in caplog.text


def test_loras_are_those_of_the_machine_that_goes_on(
    workers: tuple[WanRenderer, WanRenderer], family: Family, store: Store, tmp_path: Path
) -> None:
    layer = "transformer.blocks.0.attn1.to_q"
    save_file(
        {f"{layer}.lora_A.weight": torch.ones(2, 24), f"{layer}.lora_B.weight": torch.ones(24, 2)}, tmp_path / "l"
    )
    lora = ClipLora(store.put_file(tmp_path / "l"))
    clip = changed(a_clip(family), loras=(lora,))
    another = open_store(str(tmp_path / "another store"))
    another.put_file(tmp_path / "l")
    whole = workers[0].render(clip, another, Report())
    with pytest.raises(Lost):
        workers[0].render(clip, store, LostAfter(steps=2))

    def elsewhere(state: State) -> State:
        (found,) = state.loras
        return replace(state, loras=(replace(found, path=Path("/that/machine/has/it/here")),))

    _rewrite(store, clip, workers[0], {}, elsewhere)
    report = Report()
    assert same(workers[1].render(clip, store, report), whole)
    assert taken(report) == [2, 3, 4]


def test_a_step_without_numbers_leaves_no_checkpoint_for_whoever_tries_again(
    workers: tuple[WanRenderer, WanRenderer], family: Family, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU that gives NaN may have given wrong numbers before: the second opinion is of the whole clip."""
    clip, step = a_clip(family), solver.Solver.step
    kept: list[int] = []
    put = checkpoints.put_checkpoint

    def noted(store: Store, fingerprint: str, determinism: str, step: int, data: bytes, now: datetime) -> None:
        kept.append(step)
        assert State.from_bytes(data)[0].latents.isfinite().all()
        put(store, fingerprint, determinism, step, data, now)

    def broken(self: solver.Solver, velocity: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
        found = step(self, velocity, sample)
        return found * torch.nan if self.state().counters["_step_index"] == 3 else found

    monkeypatch.setattr(checkpoints, "put_checkpoint", noted)
    monkeypatch.setattr(solver.Solver, "step", broken)
    with pytest.raises(NumbersError, match="step 3 of 4") as caught:
        workers[0].render(clip, store, Report())
    assert blame_of(caught.value) is Blame.LIKELY_CLIP
    assert kept == [1, 2]
    assert store.notes(CHECKPOINTS) == ()
    monkeypatch.setattr(solver.Solver, "step", step)
    report = Report()
    workers[1].render(clip, store, report)
    assert taken(report) == [1, 2, 3, 4]


def test_nothing_is_kept_of_a_finished_clip_once_it_is_published(
    workers: tuple[WanRenderer, WanRenderer], family: Family, store: Store
) -> None:
    record = workers[0].render(a_clip(family), store, Report())
    assert store.notes(CHECKPOINTS), "until then a worker that dies writing costs a decoding"
    store.publish(record)
    assert store.notes(CHECKPOINTS) == ()


def test_a_worker_that_is_told_to_keep_none_keeps_none(family: Family, store: Store) -> None:
    worker = WanRenderer(threads=1, family="tiny", root=str(family.root), device="cpu")
    with pytest.raises(Stopped):
        worker.render(a_clip(family), store, Report(stop_after=3))
    assert store.notes(CHECKPOINTS) == ()

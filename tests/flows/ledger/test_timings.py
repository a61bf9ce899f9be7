"""Estimates: measured where a clip of that kind was timed, scaled from its kin, else rough and said to be."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.clips import ClipSpec
from flows.ledger import append_rows, forwards, read_timings
from flows.ledger.timings import Extent
from flows.store import Store, open_store
from flows.store.layout import TIMINGS
from tests.flows.ledger.test_history import ROW
from tests.flows.made import a_spec
from wan.request import Guidance, Numerics

SPEC = a_spec(checkpoint="c" * 64, numerics=Numerics("bf16", "sdpa"))
TIMED = replace(ROW, device="cpu", spec=SPEC, kernel="auto")


OLD = b'{"t2v-a14b/cccccccccccc/cpu": {"256x144x33": {"fixed": 1, "per_forward": 1, "volume": 1, "count": 1}}}'


def sampled(**values: Any) -> ClipSpec:
    return replace(SPEC, sampling=replace(SPEC.sampling, **values))


def nine(extent: Extent) -> float:
    return 9.0


def dearer_by_size(extent: Extent) -> float:
    """Ten seconds, and the square of the extent."""
    return 10.0 + (math.prod(extent) / 1e6) ** 2


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def test_without_any_timing_an_estimate_is_rough(store: Store) -> None:
    estimate = read_timings(store).estimate(SPEC, "auto", "cpu", nine)
    assert estimate.basis == "rough"
    assert estimate.seconds == 9.0


def test_a_timed_clip_is_estimated_by_its_steps(store: Store) -> None:
    append_rows(store, [TIMED])
    timings = read_timings(store)
    assert timings.estimate(SPEC, "auto", "cpu", nine).seconds == pytest.approx(6.5)
    assert timings.estimate(sampled(num_inference_steps=24), "auto", "cpu", nine).seconds == pytest.approx(12.5)
    assert timings.estimate(sampled(guidance_scale=Guidance(1, 1)), "auto", "cpu", nine).seconds == pytest.approx(3.5)
    assert timings.estimate(SPEC, "auto", "cpu", nine).basis == "measured"


def test_another_size_of_the_same_model_is_scaled_as_the_guesses_are(store: Store) -> None:
    append_rows(store, [TIMED, replace(TIMED, spec=replace(SPEC, width=64), seconds={"denoise": 1.0})])
    larger = replace(SPEC, width=512, height=288, num_frames=65)
    estimate = read_timings(store).estimate(larger, "auto", "cpu", dearer_by_size)
    assert estimate.basis == "scaled"
    assert estimate.seconds == pytest.approx(6.5 * dearer_by_size(larger.extent) / dearer_by_size((256, 144, 33)))


def test_a_changed_video_is_timed_by_the_steps_it_took(store: Store) -> None:
    append_rows(store, [replace(TIMED, spec=replace(SPEC, strength=0.25), seconds={"encode": 0.5, "denoise": 1.5})])
    assert read_timings(store).estimate(SPEC, "auto", "cpu", nine).seconds == pytest.approx(6.5)


@pytest.mark.parametrize(
    "other", [{"variant": "i2v-a14b"}, {"checkpoint": "d" * 64}, {"numerics": Numerics("bf16", "sdpa", compile=True)}]
)
def test_another_model_is_not_like_it(other: dict[str, Any], store: Store) -> None:
    append_rows(store, [TIMED])
    assert read_timings(store).estimate(replace(SPEC, **other), "auto", "cpu", nine).basis == "rough"
    assert read_timings(store).estimate(SPEC, "_native_cudnn", "cpu", nine).basis == "rough"
    assert read_timings(store).estimate(SPEC, "auto", "cuda", nine).basis == "rough"


def test_a_gangs_clips_are_estimated_by_their_own_or_in_proportion(store: Store) -> None:
    append_rows(store, [TIMED])
    timings = read_timings(store)
    alone = timings.estimate(SPEC, "auto", "cpu", nine)
    four = timings.estimate(SPEC, "auto", "cpu", nine, members=4)
    fixed = alone.seconds - ROW.seconds["denoise"]
    assert four.seconds == pytest.approx(fixed + 1.05 / 4 * ROW.seconds["denoise"])
    assert (four.basis, four.low < alone.low / 4) == ("scaled", True)
    append_rows(store, [replace(TIMED, members=4, seconds={**ROW.seconds, "denoise": 2.0})])
    timings = read_timings(store)
    assert timings.estimate(SPEC, "auto", "cpu", nine, members=4).seconds == pytest.approx(fixed + 2.0, rel=1e-4)
    assert timings.estimate(SPEC, "auto", "cpu", nine, members=4).basis == "measured"
    assert timings.estimate(SPEC, "auto", "cpu", nine) == alone
    assert timings.estimate(SPEC, "auto", "cpu", nine, members=8).seconds == pytest.approx(fixed + 1.0, rel=1e-4)
    assert timings.gpus(SPEC, "auto", "cpu", 2) == timings.gpus(SPEC, "auto", "cpu")


def test_later_clips_move_the_estimate(store: Store) -> None:
    for _ in range(30):
        append_rows(store, [TIMED])
    append_rows(store, [replace(TIMED, seconds={"encode": 0.5, "denoise": 12.0})])
    assert 6.9 < read_timings(store).estimate(SPEC, "auto", "cpu", nine).seconds < 7.5


def test_clips_that_were_found_or_failed_teach_nothing(store: Store) -> None:
    append_rows(store, [replace(TIMED, status="cached"), replace(TIMED, status="failed", seconds={})])
    assert store.note(TIMINGS) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"a": 1}', b'{"a": {"b": {"c": 1}}}', OLD])
def test_a_damaged_note_is_as_good_as_none(data: bytes, store: Store) -> None:
    store.put_note(TIMINGS, data)
    assert read_timings(store).estimate(SPEC, "auto", "cpu", nine).basis == "rough"
    append_rows(store, [TIMED])
    assert read_timings(store).estimate(SPEC, "auto", "cpu", nine).basis == "measured"


def test_guidance_of_one_needs_one_pass() -> None:
    guided = [sampled(num_inference_steps=1, guidance_scale=Guidance(*pair)) for pair in ((4, 3), (1, 3), (1, 1))]
    assert [forwards(spec) for spec in guided] == [2.0, 1.5, 1.0]

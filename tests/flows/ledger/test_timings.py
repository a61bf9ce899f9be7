"""Estimates: measured where a clip of that kind was timed, scaled from its kin, else rough and said to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.ledger import Workload, append_rows, forwards, read_timings
from flows.ledger.timings import NOTE
from flows.store import Store, open_store
from tests.flows.ledger.test_history import ROW

WORK = Workload("t2v-a14b", "c" * 64, 256, 144, 33, 12, 2.0)
TIMED = replace(ROW, device="cpu")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def test_without_any_timing_an_estimate_is_rough(store: Store) -> None:
    estimate = read_timings(store).estimate(WORK, "cpu", 9.0)
    assert estimate.basis == "rough"
    assert estimate.seconds == 9.0


def test_a_timed_clip_is_estimated_by_its_steps(store: Store) -> None:
    append_rows(store, [TIMED])
    timings = read_timings(store)
    assert timings.estimate(WORK, "cpu", 9.0).seconds == pytest.approx(6.5)
    assert timings.estimate(replace(WORK, num_inference_steps=24), "cpu", 9.0).seconds == pytest.approx(12.5)
    assert timings.estimate(replace(WORK, forwards=1.0), "cpu", 9.0).seconds == pytest.approx(3.5)
    assert timings.estimate(WORK, "cpu", 9.0).basis == "measured"


def test_another_size_of_the_same_model_is_scaled(store: Store) -> None:
    append_rows(store, [TIMED])
    estimate = read_timings(store).estimate(replace(WORK, width=512), "cpu", 9.0)
    assert estimate.basis == "scaled"
    assert estimate.seconds == pytest.approx(13.0)


@pytest.mark.parametrize("other", [{"variant": "i2v-a14b"}, {"checkpoint": "d" * 64}])
def test_another_model_is_not_like_it(other: dict[str, str], store: Store) -> None:
    append_rows(store, [TIMED])
    assert read_timings(store).estimate(replace(WORK, **other), "cpu", 9.0).basis == "rough"  # type: ignore[arg-type]
    assert read_timings(store).estimate(WORK, "cuda", 9.0).basis == "rough"


def test_later_clips_move_the_estimate(store: Store) -> None:
    for _ in range(30):
        append_rows(store, [TIMED])
    append_rows(store, [replace(TIMED, seconds={"encode": 0.5, "denoise": 12.0})])
    assert 6.9 < read_timings(store).estimate(WORK, "cpu", 9.0).seconds < 7.5


def test_clips_that_were_found_or_failed_teach_nothing(store: Store) -> None:
    append_rows(store, [replace(TIMED, status="cached"), replace(TIMED, status="failed", seconds={})])
    assert store.note(NOTE) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"a": 1}', b'{"a": {"b": {"c": 1}}}'])
def test_a_damaged_note_is_as_good_as_none(data: bytes, store: Store) -> None:
    store.put_note(NOTE, data)
    assert read_timings(store).estimate(WORK, "cpu", 9.0).basis == "rough"
    append_rows(store, [TIMED])
    assert read_timings(store).estimate(WORK, "cpu", 9.0).basis == "measured"


def test_guidance_of_one_needs_one_pass() -> None:
    assert [forwards(4, 3), forwards(1, 3), forwards(1, 1)] == [2.0, 1.5, 1.0]

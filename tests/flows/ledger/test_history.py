"""The ledger: many writers, one history, newest first."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.errors import StoreError
from flows.ledger import LedgerRow, append_rows, history, read_history
from flows.ledger.history import COMPACT_AT, FOLDER, compact
from flows.store import Store, open_store

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROW = LedgerRow(
    when=NOON,
    status="rendered",
    film="The paper boat",
    slug="the-paper-boat",
    shot="river.launch",
    take=1,
    segment=1,
    fingerprint="a" * 64,
    variant="t2v-a14b",
    checkpoint="c" * 64,
    seed=2**63 - 1,
    prompt="ein weißes Boot",
    negative_prompt="",
    width=256,
    height=144,
    num_frames=33,
    fps=16,
    num_inference_steps=12,
    guidance_high=4,
    guidance_low=3,
    seconds={"encode": 0.5, "denoise": 6.0},
    scores={"quality": 0.5},
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def later(minutes: int, **changes: object) -> LedgerRow:
    return replace(ROW, when=NOON + timedelta(minutes=minutes), **changes)  # type: ignore[arg-type]


def test_rows_come_back_as_they_were_newest_first(store: Store) -> None:
    rows = [later(0), later(1, scores={}, seconds={}, status="failed", message="out of memory")]
    append_rows(store, rows)
    assert read_history(store) == rows[::-1]


def test_rows_of_before_prompts_were_extended_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    old = [name for name in history._PLAIN if name != "original_prompt"]
    with monkeypatch.context() as patch:
        patch.setattr(history, "_PLAIN", tuple(old))
        patch.setattr(history, "_TEXT", [name for name in history._TEXT if name != "original_prompt"])
        append_rows(store, [later(0)])
    append_rows(store, [later(1, original_prompt="ein Boot")])
    compact(store)
    assert [row.original_prompt for row in read_history(store)] == ["ein Boot", ""]


def test_an_empty_ledger_has_no_history(store: Store) -> None:
    append_rows(store, [])
    assert read_history(store) == []
    assert store.notes(FOLDER) == ()


def test_history_can_be_narrowed(store: Store) -> None:
    append_rows(
        store, [later(0), later(1, film="B", slug="b"), later(2, shot="river.drift"), later(3, status="cached")]
    )
    assert len(read_history(store, film="the-paper-boat")) == len(read_history(store, film="The paper boat")) == 3
    assert [row.shot for row in read_history(store, shot="drift")] == ["river.drift"]
    assert [row.shot for row in read_history(store, shot="river.drift")] == ["river.drift"]
    assert len(read_history(store, since=NOON + timedelta(minutes=2))) == 2
    assert [row.status for row in read_history(store, limit=1)] == ["cached"]
    assert len(read_history(store, status="cached")) == 1


def write_rows(address: str, writer: int) -> None:
    store = open_store(address)
    for number in range(20):
        append_rows(store, [later(number, worker=str(writer))])


def test_many_writers_lose_nothing_and_files_are_merged(store: Store) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(write_rows, [(store.address, writer) for writer in range(5)])
    assert len(read_history(store)) == 100
    assert len(store.notes(FOLDER)) < COMPACT_AT


def test_a_damaged_file_is_named(store: Store) -> None:
    append_rows(store, [ROW])
    (name,) = store.notes(FOLDER)
    store.put_note(name, b"PAR1")
    with pytest.raises(StoreError, match=f"{name} is damaged .* delete it to read the rest"):
        read_history(store)


def test_other_programs_can_read_it(store: Store) -> None:
    import pyarrow.parquet as pq

    append_rows(store, [ROW])
    table = pq.read_table(Path(store.address) / FOLDER)
    assert table.column("denoise_seconds").to_pylist() == [6.0]
    assert table.column("when").to_pylist() == [NOON]
    assert table.column("seed").to_pylist() == [2**63 - 1]

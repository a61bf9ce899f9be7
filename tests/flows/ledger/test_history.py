"""The ledger: many writers, one history, newest first."""

from __future__ import annotations

import io
import multiprocessing
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.ledger import Chosen, LedgerRow, append_rows, parquet, read_history
from flows.ledger.history import COMPACT_AT, compact
from flows.store import Store, open_store
from flows.store.layout import LEDGER
from tests.flows.made import a_spec

REPOSITORY = Path(__file__).parents[3]
DAMAGED = f"{LEDGER}/20260101T120000Z-0123456789abcdef.parquet"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROW = LedgerRow(
    when=NOON,
    status="rendered",
    film="The paper boat",
    slug="the-paper-boat",
    shot="river.launch",
    take=1,
    clip=1,
    fingerprint="a" * 64,
    spec=a_spec(checkpoint="c" * 64, seed=2**63 - 1, prompt="ein weißes Boot"),
    fps=16,
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


def test_an_empty_ledger_has_no_history(store: Store) -> None:
    append_rows(store, [])
    assert read_history(store) == []
    assert store.notes(LEDGER) == ()


def test_history_can_be_narrowed(store: Store) -> None:
    append_rows(
        store, [later(0), later(1, film="B", slug="b"), later(2, shot="river.drift"), later(3, status="cached")]
    )
    assert len(read_history(store, Chosen(film="the-paper-boat"))) == 3
    assert len(read_history(store, Chosen(film="The paper boat"))) == 3
    assert [row.shot for row in read_history(store, Chosen(shot="drift"))] == ["river.drift"]
    assert [row.shot for row in read_history(store, Chosen(shot="river.drift"))] == ["river.drift"]
    assert len(read_history(store, Chosen(since=NOON + timedelta(minutes=2)))) == 2
    assert [row.status for row in read_history(store, limit=1)] == ["cached"]
    assert len(read_history(store, Chosen(status="cached"))) == 1


def test_films_of_one_batch_that_share_clips_keep_their_rows(store: Store) -> None:
    """Their rows may be written at one moment, and be read of two files."""
    films = [replace(ROW, slug=slug, batch="spots", status="cached", flow_run="1") for slug in ("a-1", "a-2")]
    append_rows(store, films)
    append_rows(store, [later(5)])
    assert sorted(row.slug for row in read_history(store, Chosen(batch="spots"))) == ["a-1", "a-2"]
    assert [row.slug for row in read_history(store, Chosen(film="spots/a-2"))] == ["a-2"]
    compact(store)
    assert sorted(row.slug for row in read_history(store, Chosen(batch="spots"))) == ["a-1", "a-2"]


def write_rows(address: str, writer: int) -> None:
    store = open_store(address)
    for number in range(20):
        append_rows(store, [later(number, worker=str(writer))])


def test_many_writers_lose_nothing_and_files_are_merged(store: Store) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(write_rows, [(store.address, writer) for writer in range(5)])
    assert len(read_history(store)) == 100
    assert len(store.notes(LEDGER)) < COMPACT_AT


def strange_parquet(**columns: list[object]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


NEEDED = {name: [None] for name in parquet.NEEDED}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PAR1", "Parquet"),
        (b"", "Parquet"),
        (strange_parquet(a=[1]), "it has no column clip, film"),
        (strange_parquet(**{**NEEDED, "when": ["noon"]}), "noon"),
        (strange_parquet(**NEEDED), "it has nothing in when"),
    ],
)
def test_a_damaged_file_of_ours_is_named_and_the_rest_is_shown(store: Store, data: bytes, why: str) -> None:
    append_rows(store, [ROW])
    store.put_note(DAMAGED, data)
    told: list[str] = []
    assert read_history(store, on_damage=told.append) == [ROW]
    assert [message.partition(" ")[0] for message in told] == [f"{store.address}/{DAMAGED}"]
    assert why in told[0]


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        ".nfs000000000123",
        "Thumbs.db",
        "README.txt",
        "20260101T120000Z-0123456789abcdef.parquet~",
        "20260101T120000Z-0123456789abcdef (conflicted copy).parquet",
        "folder/20260101T120000Z-0123456789abcdef.parquet",
    ],
)
def test_files_of_others_are_passed_over(store: Store, name: str) -> None:
    append_rows(store, [ROW])
    strange = Path(store.address) / LEDGER / name
    strange.parent.mkdir(exist_ok=True)
    strange.write_text("junk")
    told: list[str] = []
    assert read_history(store, on_damage=told.append) == [ROW]
    assert told == []
    compact(store)
    assert strange.read_text() == "junk"


def test_files_are_merged_beside_damaged_and_strange_ones_which_stay(store: Store) -> None:
    rows = [later(minutes) for minutes in range(COMPACT_AT)]
    for row in rows[:-1]:
        append_rows(store, [row])
    store.put_note(DAMAGED, b"PAR1")
    (Path(store.address) / LEDGER / ".DS_Store").write_text("junk")
    append_rows(store, rows[-1:])
    assert read_history(store) == rows[::-1]
    assert len(store.notes(LEDGER)) == 2
    assert store.note(DAMAGED) == b"PAR1"


READ = """
import os, sys
from flows.ledger import Chosen, append_rows, read_history
from flows.store import open_store
store = open_store(sys.argv[1])
import pyarrow.parquet
of_its_import = len(os.listdir("/proc/self/task"))
append_rows(store, read_history(store))
print(len(os.listdir("/proc/self/task")) - of_its_import)
"""


def test_no_thread_is_left_that_could_abort_the_process_at_its_end(store: Store) -> None:
    append_rows(store, [ROW])
    command = [sys.executable, "-c", READ, store.address]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_other_programs_can_read_it(store: Store) -> None:
    import pyarrow.parquet as pq

    append_rows(store, [ROW])
    table = pq.read_table(Path(store.address) / LEDGER)
    assert dict(table.column("seconds").to_pylist()[0])["denoise"] == 6.0
    assert table.column("when").to_pylist() == [NOON]
    assert table.column("spec").to_pylist()[0]["seed"] == 2**63 - 1

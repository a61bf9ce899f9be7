"""Ledger rows in Parquet. Every write is a file of its own, so writers never meet; many small files become one."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flows.errors import StoreError
from flows.ledger.rows import STAGES, LedgerRow
from flows.ledger.timings import learn
from flows.store.protocol import Store

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "ledger"
COMPACT_AT = 64
"""With this many files the next writer merges them."""

_TEXT = [
    "status",
    "film",
    "slug",
    "shot",
    "fingerprint",
    "variant",
    "checkpoint",
    "prompt",
    "original_prompt",
    "negative_prompt",
    "device",
    "worker",
    "user",
    "flow_run",
    "version",
    "message",
    "numerics",
]
_WHOLE = [
    *("take", "segment", "seed", "width", "height", "num_frames", "num_inference_steps", "steps_taken"),
    "peak_memory_bytes",
]
_REAL = ["fps", "guidance_high", "guidance_low"]
_PLAIN = ("when", *_TEXT, *_WHOLE, *_REAL)


def append_rows(store: Store, rows: Sequence[LedgerRow]) -> None:
    """Adds rows to the store's ledger, and what they teach to its timings. Raises StoreError, EnvironmentProblem."""
    if not rows:
        return
    _write(store, rows)
    learn(store, rows)
    if len(store.notes(FOLDER)) >= COMPACT_AT:
        compact(store)


def read_history(
    store: Store,
    *,
    film: str | None = None,
    shot: str | None = None,
    status: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> list[LedgerRow]:
    """Rows, newest first. `film` is a title or slug, `shot` a full id or its last part.

    Raises StoreError, naming the file, when one is damaged.
    """
    found: dict[tuple[object, ...], LedgerRow] = {}
    for row in _all_rows(store):
        if _matches(row, film, shot, status, since):
            found.setdefault(row.key, row)
    newest = sorted(found.values(), key=lambda row: (row.when, row.shot, row.take, row.segment), reverse=True)
    return newest[:limit]


def compact(store: Store) -> None:
    """Merges all files into one. Originals go after the merged copy is there; readers see a row once all the while."""
    names = store.notes(FOLDER)
    rows = {row.key: row for name in names for row in _read(store, name) or ()}
    if not rows:
        return
    merged = _write(store, list(rows.values()))
    for name in names:
        if name != merged:
            store.drop_note(name)


def _write(store: Store, rows: Sequence[LedgerRow]) -> str:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(_table(rows), buffer, compression="zstd")
    data = buffer.getvalue()
    stamp = max(row.when for row in rows).strftime("%Y%m%dT%H%M%SZ")
    name = f"{FOLDER}/{stamp}-{hashlib.sha256(data).hexdigest()[:16]}.parquet"
    store.put_note(name, data)
    return name


def _all_rows(store: Store) -> list[LedgerRow]:
    while True:
        parts = [_read(store, name) for name in store.notes(FOLDER)]
        whole = [rows for rows in parts if rows is not None]
        if len(whole) == len(parts):
            return [row for rows in whole for row in rows]


def _read(store: Store, name: str) -> list[LedgerRow] | None:
    """The rows of a file; None when it was merged into another by somebody else after it was listed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = store.note(name)
    if data is None:
        return None
    try:
        table = pq.read_table(io.BytesIO(data))
    except pa.ArrowInvalid as error:
        raise StoreError(f"{store.address}/{name} is damaged ({error}); delete it to read the rest") from error
    return [_row(values) for values in table.to_pylist()]


def _table(rows: Sequence[LedgerRow]) -> pa.Table:
    import pyarrow as pa

    schema = pa.schema(
        [("when", pa.timestamp("us", tz="UTC"))]
        + [(name, pa.string()) for name in _TEXT]
        + [(name, pa.int64()) for name in _WHOLE]
        + [(name, pa.float64()) for name in _REAL]
        + [(f"{stage}_seconds", pa.float64()) for stage in STAGES]
        + [("scores", pa.map_(pa.string(), pa.float64()))]
    )
    return pa.Table.from_pylist([_values(row) for row in rows], schema=schema)


def _values(row: LedgerRow) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    values |= {f"{stage}_seconds": row.seconds.get(stage) for stage in STAGES}
    values["scores"] = list(row.scores.items())
    return values


def _row(values: dict[str, Any]) -> LedgerRow:
    seconds = {stage: values[f"{stage}_seconds"] for stage in STAGES if values.get(f"{stage}_seconds") is not None}
    plain = {name: values[name] for name in _PLAIN if values.get(name) is not None}
    return LedgerRow(**plain, seconds=seconds, scores=dict(values.get("scores") or ()))


def _matches(row: LedgerRow, film: str | None, shot: str | None, status: str | None, since: datetime | None) -> bool:
    return (
        (film is None or film in (row.film, row.slug))
        and (shot is None or row.shot == shot or row.shot.endswith(f".{shot}"))
        and (status is None or row.status == status)
        and (since is None or row.when >= since)
    )

"""Ledger rows as the bytes of a Parquet file, and back. The only place that knows pyarrow.

Reading and writing stay in the calling thread. `pyarrow.parquet.read_table` reads through threads of its own, which
may let go of Python objects while the interpreter ends, and the process is then aborted.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from flows.ledger.rows import STAGES, LedgerRow

if TYPE_CHECKING:
    import pyarrow as pa

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
_NEEDED = frozenset(
    column.name for column in fields(LedgerRow) if column.default is MISSING and column.default_factory is MISSING
)


def to_parquet(rows: Sequence[LedgerRow]) -> bytes:
    """A whole Parquet file that holds the rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([_values(row) for row in rows], schema=_schema()), buffer, compression="zstd")
    return buffer.getvalue()


def from_parquet(data: bytes) -> list[LedgerRow]:
    """The rows of a file. Columns of later versions are left out. Raises ValueError for what is no ledger of ours."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(data), pre_buffer=False) as file:
            known = [column for column in _schema() if column.name in file.schema_arrow.names]
            lacking = _NEEDED.difference(column.name for column in known)
            if lacking:
                raise ValueError(f"it has no column {', '.join(sorted(lacking))}")
            table = file.read([column.name for column in known], use_threads=False)
        rows = table.select([column.name for column in known]).cast(pa.schema(known)).to_pylist()
        return [_row(values) for values in rows]
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [("when", pa.timestamp("us", tz="UTC"))]
        + [(name, pa.string()) for name in _TEXT]
        + [(name, pa.int64()) for name in _WHOLE]
        + [(name, pa.float64()) for name in _REAL]
        + [(f"{stage}_seconds", pa.float64()) for stage in STAGES]
        + [("scores", pa.map_(pa.string(), pa.float64()))]
    )


def _values(row: LedgerRow) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    values |= {name: _as_utf8(values[name]) for name in _TEXT}
    values |= {f"{stage}_seconds": row.seconds.get(stage) for stage in STAGES}
    values["scores"] = list(row.scores.items())
    return values


def _as_utf8(text: str | None) -> str | None:
    """A message may name a file whose name is no UTF-8; Parquet refuses it as it is."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


def _row(values: Mapping[str, Any]) -> LedgerRow:
    seconds = {stage: values[f"{stage}_seconds"] for stage in STAGES if values.get(f"{stage}_seconds") is not None}
    plain = {name: values[name] for name in _PLAIN if values.get(name) is not None}
    if empty := _NEEDED - plain.keys():
        raise ValueError(f"a row has nothing in {', '.join(sorted(empty))}")
    return LedgerRow(**plain, seconds=seconds, scores=dict(values.get("scores") or ()))

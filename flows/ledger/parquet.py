"""Ledger rows as the bytes of a Parquet file, and back; the columns are the fields of `LedgerRow`. The only place that
knows pyarrow.

Reading and writing stay in the calling thread. `pyarrow.parquet.read_table` reads through threads of its own, which
may let go of Python objects while the interpreter ends, and the process is then aborted.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from flows.fields import bare, hints, plain, restored
from flows.ledger.rows import LedgerRow

if TYPE_CHECKING:
    import pyarrow as pa

NEEDED = frozenset(
    column.name for column in fields(LedgerRow) if column.default is MISSING and column.default_factory is MISSING
)


def to_parquet(rows: Sequence[LedgerRow]) -> bytes:
    """A whole Parquet file that holds the rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    values = [_as_utf8({**plain(row), "when": row.when}) for row in rows]  # Parquet has a type of its own for moments
    pq.write_table(pa.Table.from_pylist(values, schema=schema()), buffer, compression="zstd")
    return buffer.getvalue()


def from_parquet(data: bytes) -> list[LedgerRow]:
    """The rows of a file. Columns of later versions are left out. Raises ValueError for what is no ledger of ours."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(data), pre_buffer=False) as file:
            known = [name for name in hints(LedgerRow) if name in file.schema_arrow.names]
            lacking = NEEDED.difference(known)
            if lacking:
                raise ValueError(f"it has no column {', '.join(sorted(lacking))}")
            rows = file.read(known, use_threads=False).to_pylist(maps_as_pydicts="strict")
        return [restored(LedgerRow, row) for row in rows]
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error


def schema() -> pa.Schema:
    """The columns of a file, made from the fields of a row."""
    import pyarrow as pa

    return pa.schema([(name, column(hint)) for name, hint in hints(LedgerRow).items()])


def column(hint: Any) -> pa.DataType:
    """The column that holds values of a type; parts of a dataclass are members of a struct."""
    import pyarrow as pa

    kind, _ = bare(hint)
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return pa.struct([(name, column(member)) for name, member in hints(kind).items()])
    if origin is tuple:
        return pa.list_(column(inner[0]))
    if origin is Mapping:
        return pa.map_(column(inner[0]), column(inner[1]))
    if origin is Literal:
        return pa.string()
    simple = {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        datetime: pa.timestamp("us", tz="UTC"),
    }
    return simple[kind]


def _as_utf8(value: Any) -> Any:
    """The values as Parquet takes them: a message may name a file whose name is no UTF-8."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {name: _as_utf8(each) for name, each in value.items()}
        case list():
            return [_as_utf8(each) for each in value]
    return value

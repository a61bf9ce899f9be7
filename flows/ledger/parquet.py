"""Ledger rows as the bytes of a Parquet file, and back; the columns are the fields of `LedgerRow`. The only place that
knows pyarrow.

Reading and writing stay in the calling thread. `pyarrow.parquet.read_table` reads through threads of its own, which
may let go of Python objects while the interpreter ends, and the process is then aborted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


def from_parquet(data: bytes, rows: Sequence[int] | None = None) -> list[LedgerRow]:
    """The rows of a file, or those with these numbers. Columns of later versions are left out. Raises ValueError for
    what is no ledger of ours."""
    import pyarrow as pa

    with _open(data) as file:
        known = [name for name in hints(LedgerRow) if name in file.schema_arrow.names]
        try:
            table = file.read(known, use_threads=False)
            chosen = table if rows is None else table.take(pa.array(rows, pa.int64()))
            return [restored(LedgerRow, row) for row in chosen.to_pylist(maps_as_pydicts="strict")]
        except (pa.ArrowException, OSError) as error:
            raise ValueError(str(error)) from error


def columns_from(data: bytes, paths: Sequence[str]) -> dict[str, list[Any]]:
    """Some columns of a file, by name or by the way into a struct (`spec.variant`): plain values, `when` in seconds
    since the epoch. What an earlier version did not write is None. Raises ValueError as `from_parquet` does."""
    import pyarrow as pa

    with _open(data) as file:
        known = [path for path in paths if path.partition(".")[0] in file.schema_arrow.names]
        try:
            table = file.read(known, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise ValueError(str(error)) from error
        if not all(_sound(table, path) for path in known):
            from_parquet(data)  # which says what is wrong
            raise ValueError("a column holds something else")
        return {path: _values(table, path) if path in known else [None] * table.num_rows for path in paths}


def _sound(table: pa.Table, path: str) -> bool:
    """Whether a column has the type that it should, and values where each row needs one."""
    name = path.partition(".")[0]
    column, wanted = table[name], schema().field(name).type
    return (name not in NEEDED or column.null_count == 0) and ("." in path or column.type == wanted)


@contextmanager
def _open(data: bytes) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error
    with file:
        lacking = NEEDED.difference(file.schema_arrow.names)
        if lacking:
            raise ValueError(f"it has no column {', '.join(sorted(lacking))}")
        yield file


def _values(table: pa.Table, path: str) -> list[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    name, *members = path.split(".")
    column = table[name]
    if members:
        column = pc.struct_field(column, members)
    if pa.types.is_timestamp(column.type):
        return [value / 1e6 for value in pc.cast(column, pa.int64()).to_pylist()]
    values: list[Any] = column.to_pylist()
    return values


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

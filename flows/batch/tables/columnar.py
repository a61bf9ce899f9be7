"""Parquet, by Arrow."""

from __future__ import annotations

from flows.batch.tables.table import Reading, Rows, Unreadable

BATCH = 1000
"""Rows that are read at once."""


def read_parquet(reading: Reading) -> Rows:
    """The first row of data is row 2, as in a table with a header. Raises Unreadable."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(reading.path) as file:
            names = list(file.schema_arrow.names)
            yield 1, names
            if (rows := file.metadata.num_rows) > reading.most:
                reading.too_long(f"{rows:,}")
            number = 1
            for batch in file.iter_batches(BATCH):
                columns = [column.to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield number, cells
    except (pa.ArrowException, OSError, ValueError) as error:
        reading.fault(f"the file cannot be read as Parquet: {str(error).splitlines()[0][:200]}", "write it anew")
        raise Unreadable from error

"""A table from a file: its kind by its ending, its header checked, its cells made texts."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from flows.batch.faults import Fault, table_error
from flows.batch.tables.cells import Wrong, text_of
from flows.batch.tables.columnar import read_parquet
from flows.batch.tables.delimited import read_delimited
from flows.batch.tables.lines import read_lines
from flows.batch.tables.sheet import Unusable, read_sheet
from flows.batch.tables.table import MAX_COLUMNS, MAX_NAME, Reading, Row, Rows, Table, Unreadable
from wan.system.suggest import did_you_mean

READERS: Mapping[str, Callable[[Reading], Rows]] = MappingProxyType(
    {
        ".csv": read_delimited,
        ".tsv": read_delimited,
        ".jsonl": read_lines,
        ".ndjson": read_lines,
        ".parquet": read_parquet,
        ".xlsx": read_sheet,
    }
)
SUFFIXES = tuple(READERS)


def read_table(path: Path, most: int, sheet: str | None = None) -> Table:
    """At most `most` rows. What is wrong with cells is among the table's faults. Raises TableError when there is no
    table in the file, or one that has no usable header or is too long; EnvironmentProblem."""
    reading = Reading(path, most, sheet)
    try:
        reader = _reader(reading)
        return _table(reading, reader(reading))
    except Unreadable:
        raise table_error(path, reading.faults) from None
    except OSError as error:
        fault = Fault(f"the table cannot be read: {error.strerror}", "check its name and permissions")
        raise table_error(path, [fault]) from error


def _reader(reading: Reading) -> Callable[[Reading], Rows]:
    path = reading.path
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        near = os.listdir(path.parent) if path.parent.is_dir() else ()
        reading.fault("there is no such table", did_you_mean(path.name, near, "check its path"))
        raise Unreadable from None
    if not stat.S_ISREG(mode):
        reading.fault(f"this is {'a folder' if stat.S_ISDIR(mode) else 'not a regular file'}", "name a table")
        raise Unreadable
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        others = f"tables end in {', '.join(READERS)}"
        older = "save it as .xlsx" if path.suffix.lower() in (".xls", ".ods", ".numbers") else others
        reading.fault(f"a table cannot be a {path.suffix or 'nameless'} file", older)
        raise Unreadable
    if reading.sheet is not None and reader is not read_sheet:
        reading.fault("only spreadsheets have sheets", "leave --sheet out")
        raise Unreadable
    return reader


def _table(reading: Reading, rows: Rows) -> Table:
    header = next(rows, None)
    if header is None:
        reading.fault("the table is empty", "give it a header, and a row for each film")
        raise Unreadable
    columns = _columns(header[1], reading)
    found: list[Row] = []
    for number, cells in rows:
        if len(found) >= reading.most:
            reading.too_long(f"more than {reading.most:,}")
        row = _row(number, cells, columns, reading)
        if row is not None:
            found.append(row)
    if not found and not reading.faults:
        reading.fault("the table has a header and no rows", "add a row for each film")
        raise Unreadable
    return Table(reading.path, columns, tuple(found), tuple(reading.faults))


def _columns(cells: Sequence[object], reading: Reading) -> tuple[str, ...]:
    names = ["" if cell is None else " ".join(str(cell).split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    before = len(reading.faults)
    if len(names) > MAX_COLUMNS:
        reading.fault(f"the table has {len(names):,} columns", f"at most {MAX_COLUMNS} are allowed", 1)
        raise Unreadable
    first: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name or len(name) > MAX_NAME or not name.isprintable():
            what = "has no name" if not name else "has a name that cannot be used"
            reading.faults.append(Fault(f"column {number} {what}", "name it in the first row", 1, None, number))
        elif name in first:
            message = f"two columns are called '{name}': {first[name]} and {number}"
            reading.faults.append(Fault(message, "rename one of them", 1, name, number))
        first.setdefault(name, number)
    if not names:
        reading.fault("the table has no header", "name the columns in the first row", 1)
    if len(reading.faults) > before:
        raise Unreadable
    return tuple(names)


def _row(number: int, cells: Sequence[object], columns: Sequence[str], reading: Reading) -> Row | None:
    """None for a row in which nothing stands."""
    texts: list[str | None] = []
    broken: set[int] = set()
    wrongs: list[Fault] = []
    for place, cell in enumerate(cells):
        try:
            if isinstance(cell, Unusable):
                raise cell.wrong
            texts.append(text_of(cell))
        except Wrong as wrong:
            texts.append(None)
            if place < len(columns):
                broken.add(place)
                wrongs.append(Fault(wrong.message, wrong.fix, number, columns[place], place + 1))
    if not any(texts) and not broken:
        return None
    reading.faults += wrongs
    if any(texts[len(columns) :]):
        fix = "quote values that hold the separator" if reading.path.suffix in (".csv", ".tsv") else "name every column"
        reading.fault(f"the row has {len(texts)} cells, and there are {len(columns)} columns", fix, number)
    filled = (*texts[: len(columns)], *[None] * (len(columns) - len(texts)))
    return Row(number, filled, frozenset(broken))

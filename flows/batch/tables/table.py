"""A table: its columns, and its rows as texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeAlias

from flows.batch.faults import Fault

MAX_COLUMNS = 500
MAX_NAME = 100
"""Characters of a column's name."""

Cells: TypeAlias = Sequence[object]


@dataclass(frozen=True, slots=True)
class Row:
    """`number` as people count: the header is row 1. An empty cell is None; so is one whose value is among the faults
    already, which `broken` names by its place in the row."""

    number: int
    cells: tuple[str | None, ...]
    broken: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """`faults` are what is wrong with it already as a table."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Reading:
    """What readers of files need: how many rows are allowed, and where faults go."""

    path: Path
    most: int
    sheet: str | None = None
    faults: list[Fault] = field(default_factory=list)

    def too_long(self, rows: str) -> NoReturn:
        """There are so many rows. Raises Unreadable."""
        fix = "split it, or allow more: --max-films N"
        self.fault(f"the table has {rows} rows; at most {self.most:,} are taken", fix)
        raise Unreadable

    def fault(self, message: str, fix: str | None = None, row: int | None = None) -> None:
        """Of the file, or of a row of it."""
        self.faults.append(Fault(message, fix, row))


class Unreadable(Exception):
    """Nothing of the file can be used; the fault is reported already."""


Rows: TypeAlias = Iterator[tuple[int, Cells]]
"""The rows with their numbers, the header's first."""

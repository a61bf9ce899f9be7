"""What is wrong with a table and the films of its rows, all of it at once, and short however many rows have it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.errors import Place, Problem, TableError
from flows.storyboard.problems import printable
from flows.words import count

SHOWN = 3
"""Rows of one fault that are written out; the others are listed by number."""
MOST_RANGES = 8
_OWN = re.compile(r"'[^']*'|\"[^\"]*\"|\S+\.[A-Za-z]\w{1,11}\b|\b\d+(?:\.\d+)?\b")
"""What a row has alone: what is quoted, names of files, numbers."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: in which row (from 1, the header's is 1) and column of the table it is, as far as it is in one.

    `value` is what the cell says; two faults that differ in it alone are of one kind. `about`: the place in the
    storyboard that it comes from, where the cell alone does not say.
    """

    message: str
    fix: str | None = None
    row: int | None = None
    column: str | None = None
    number: int = 1
    value: str = ""
    about: Place | None = None

    @property
    def kind(self) -> tuple[str, str | None, Place | None]:
        """What rows have in common that have the same fault."""
        words = self.message.replace(self.value, "…") if self.value else self.message
        return _OWN.sub("…", words), self.column, self.about

    def said(self, *, place: bool = True) -> str:
        """In words, without the row."""
        column = f"column '{self.column}': " if self.column else ""
        about = f"{self.about}: " if self.about and place else ""
        return printable(f"{column}{about}{self.message}")

    def problem(self, table: Path) -> Problem:
        """As programs read it: the line is the row, the column its number."""
        if self.row is None and self.about is not None:
            return Problem(self.about, self.message, self.fix)
        place = Place(str(table), self.row, self.number) if self.row is not None else Place(str(table), 1, 1)
        return Problem(place, self.said(), self.fix)


def table_error(table: Path, faults: Sequence[Fault]) -> TableError:
    """All of it, as an error."""
    unique = sorted(dict.fromkeys(faults), key=lambda fault: (fault.row or 0, fault.number))
    return TableError([fault.problem(table) for fault in unique], grouped(table, unique))


def grouped(table: Path, faults: Sequence[Fault]) -> list[str]:
    """A text for each kind of fault, with the rows that have it."""
    kinds: dict[tuple[str, str | None, Place | None], list[Fault]] = {}
    for fault in sorted(faults, key=lambda fault: (fault.row or 0, fault.number)):
        kinds.setdefault(fault.kind, []).append(fault)
    texts = (_alone(table, same[0]) if len(same) == 1 else _together(table, same) for same in kinds.values())
    return ["\n".join(lines) for lines in texts]


def _alone(table: Path, fault: Fault) -> list[str]:
    row = f"row {fault.row}: " if fault.row is not None else ""
    where = f"{table}: {row}" if row or fault.about is None else ""
    return [f"{where}{fault.said()}", *_fix(fault)]


def _together(table: Path, same: Sequence[Fault]) -> list[str]:
    first = same[0]
    rows = sorted({fault.row for fault in same if fault.row is not None})
    said = {fault.said() for fault in same}
    if len(said) == 1:
        return [f"{table}: {count(len(rows), 'row')} ({ranges(rows)}): {first.said()}", *_fix(first)]
    column = f"column '{first.column}': " if first.column else ""
    lines = [f"{table}: {column}{len(same):,} of one kind, in {'rows' if len(rows) > 1 else 'row'} {ranges(rows)}"]
    lines += [f"    row {fault.row}: {fault.said().removeprefix(column)}" for fault in same[:SHOWN]]
    if len(same) > SHOWN:
        lines.append(f"    and {count(len(same) - SHOWN, 'more like this', 'more like this')}")
    return [*lines, *_fix(first)]


def _fix(fault: Fault) -> list[str]:
    return [f"    {line}" for line in fault.fix.splitlines()] if fault.fix else []


def ranges(numbers: Iterable[int]) -> str:
    """`2-40, 57, …`."""
    parts: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if parts and parts[-1][1] == number - 1:
            parts[-1] = (parts[-1][0], number)
        else:
            parts.append((number, number))
    shown = [str(low) if low == high else f"{low}-{high}" for low, high in parts[:MOST_RANGES]]
    return ", ".join([*shown, "…"] if len(parts) > MOST_RANGES else shown)

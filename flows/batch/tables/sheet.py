"""Spreadsheets (.xlsx), by openpyxl: values as the spreadsheet program left them, formulas by what they came to."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from flows.batch.tables.cells import Wrong
from flows.batch.tables.table import Reading, Rows, Unreadable
from flows.errors import EnvironmentProblem
from wan.system.suggest import did_you_mean

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_BYTES = 512 * 2**20
"""Of all its parts, unpacked."""
_MEND = "open it in a spreadsheet program and save it, or write the value itself"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that says nothing; the reading of its column says so."""

    wrong: Wrong


def read_sheet(reading: Reading) -> Rows:
    """The first sheet, or the one that is named. Raises Unreadable, EnvironmentProblem where openpyxl is missing."""
    with _opened(reading, values=True) as values, _opened(reading, values=False) as written:
        sheet, formulas = _sheet(values, reading), _sheet(written, reading)
        for each in (sheet, formulas):
            each.reset_dimensions()  # what files say of it is often wrong
        pairs = zip_longest(sheet.iter_rows(), formulas.iter_rows(), fillvalue=())
        for number, (row, beside) in enumerate(pairs, 1):
            cells = [_value(cell, formula) for cell, formula in zip_longest(row, beside)]
            if any(cell is not None for cell in cells):
                yield number, cells


def _value(cell: Any, formula: Any) -> object:
    """What a cell holds."""
    value = None if cell is None else cell.value
    is_formula = formula is not None and formula.data_type == "f"
    if cell is not None and cell.data_type == "e":
        return Unusable(Wrong(f"the cell holds the error {value}", "mend it in the spreadsheet"))
    if is_formula and value is None:
        return Unusable(Wrong("the cell is a formula whose result is not in the file", _MEND))
    return value


def _sheet(book: Workbook, reading: Reading) -> Any:
    names = book.sheetnames
    if reading.sheet is None:
        return book.worksheets[0]
    if reading.sheet not in names:
        others = f"there are: {', '.join(names[:12])}"
        reading.fault(f"there is no sheet '{reading.sheet}'", did_you_mean(reading.sheet, names, others))
        raise Unreadable
    return book[reading.sheet]


@contextmanager
def _opened(reading: Reading, *, values: bool) -> Iterator[Workbook]:
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise EnvironmentProblem(
            "spreadsheets are read by openpyxl, which is not installed here\n    pip install 'wanflow[xlsx]', or save "
            "the table as CSV"
        ) from error
    from xml.etree.ElementTree import ParseError

    try:
        with zipfile.ZipFile(reading.path) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > MAX_BYTES:
            reading.fault(
                f"the file has {size >> 20:,} MiB, unpacked", f"at most {MAX_BYTES >> 20} MiB: save it as CSV"
            )
            raise Unreadable
        book = openpyxl.load_workbook(reading.path, read_only=True, data_only=values, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError, EOFError) as error:
        fix = "save it as .xlsx (not .xls), without a password"
        reading.fault("the file cannot be read as a spreadsheet", fix)
        raise Unreadable from error
    try:
        yield book
    finally:
        book.close()

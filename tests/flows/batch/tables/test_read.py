"""Tables from files: what is read alike from every kind, and what is named where it cannot be."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.batch.tables import Table, read_table
from flows.errors import TableError

ROWS: list[dict[str, Any]] = [
    {"product": "red boat", "price": 12, "sold": True, "from": dt.date(2026, 11, 30)},
    {"product": "Kanu, gelb “1”", "price": 3.5, "sold": False, "from": None},
]
TEXTS = [("red boat", "12", "true", "2026-11-30"), ("Kanu, gelb “1”", "3.5", "false", None)]


def read(path: Path, most: int = 100, sheet: str | None = None) -> Table:
    return read_table(path, most, sheet)


def written(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def refused(path: Path, most: int = 100, sheet: str | None = None) -> str:
    with pytest.raises(TableError) as error:
        read(path, most, sheet)
    return str(error.value)


def in_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path)


def in_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in ROWS))


def in_sheet(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(ROWS[0]))
    for row in ROWS:
        sheet.append(list(row.values()))
    book.save(path)


def in_csv(path: Path, delimiter: str = ",", mark: str = "") -> None:
    cells = [["product", "price", "sold", "from"], *([cell or "" for cell in row] for row in TEXTS)]
    lines = [delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in cells]
    path.write_bytes((mark + "\r\n".join(lines) + "\r\n").encode())


def test_every_kind_of_file_says_the_same(tmp_path: Path) -> None:
    in_parquet(tmp_path / "a.parquet")
    in_lines(tmp_path / "a.jsonl")
    in_sheet(tmp_path / "a.xlsx")
    in_csv(tmp_path / "a.csv")
    in_csv(tmp_path / "semicolons.csv", ";")
    in_csv(tmp_path / "tabs.tsv", "\t")
    in_csv(tmp_path / "mark.csv", mark="\ufeff")
    for file in tmp_path.iterdir():
        table = read(file)
        assert table.columns == ("product", "price", "sold", "from"), file
        assert [row.cells for row in table.rows] == TEXTS, file
        first = 1 if file.suffix == ".jsonl" else 2
        assert [row.number for row in table.rows] == [first, first + 1], file
        assert table.faults == ()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", "", "the table is empty"),
        ("a.csv", "product\n", "a header and no rows"),
        ("a.csv", "a,a\n1,2\n", "row 1: column 'a': two columns are called 'a': 1 and 2"),
        ("a.csv", "a,,b\n1,2,3\n", "column 2 has no name"),
        ("a.csv", "a\n1\n".encode("utf-16"), "UTF-16"),
        ("a.csv", "größe\n1\n".encode("latin-1"), "row 1: the file is not UTF-8 text: byte 0xf6"),
        ("a.csv", b"\x00\x01\x02\x03abc\x00", "binary, not text"),
        ("a.csv", 'a,b\n1,"two\n3,4\n', "cannot be read: unexpected end of data"),
        ("a.parquet", b"PAR1 not really", "cannot be read as Parquet"),
        ("a.xlsx", b"PK not really", "cannot be read as a spreadsheet"),
        ("a.jsonl", "nothing\n", "row 1: the line is no JSON"),
        ("a.jsonl", "[1]\n", "row 1: the line is no object"),
        ("a.xls", b"\xd0\xcf", "save it as .xlsx"),
        ("a.txt", "a\n1\n", "tables end in .csv"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, name: str, data: str | bytes, said: str) -> None:
    assert said in refused(written(tmp_path / name, data))


def test_a_table_that_is_not_there_and_one_that_is_a_folder(tmp_path: Path) -> None:
    written(tmp_path / "products.csv", "a\n1\n")
    assert "did you mean products.csv?" in refused(tmp_path / "product.csv")
    assert "this is a folder" in refused(tmp_path)


def test_a_million_rows_are_refused_without_reading_them(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "a\n" + "1\n" * 1_000_000)
    assert "more than 100 rows; at most 100" in refused(path)
    assert "--max-films" in refused(path)
    pq.write_table(pa.table({"a": range(1_000_000)}), tmp_path / "a.parquet")
    assert "1,000,000 rows" in refused(tmp_path / "a.parquet")
    written(tmp_path / "a.jsonl", '{"a": 1}\n' * 1000)
    assert "more than 100 rows" in refused(tmp_path / "a.jsonl")


def test_every_cell_that_is_wrong_is_among_the_faults(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl", '{"a": {"b": 1}, "c": "x"}\n{"a": "{{ c }}", "c": NaN}\n{"a": "\\u0007", "c": 1}\n'
    )
    faults = read(path).faults
    assert [(fault.row, fault.column) for fault in faults] == [(1, "a"), (2, "a"), (2, "c"), (3, "a")]
    assert "a map" in faults[0].message
    assert "template" in faults[1].message
    assert "control character" in faults[3].message
    assert [row.broken for row in read(path).rows] == [{0}, {0, 1}, {0}]


def test_a_row_with_more_cells_than_the_header_is_named(tmp_path: Path) -> None:
    (fault,) = read(written(tmp_path / "a.csv", "a,b\n1,2,3\n4\n,\n")).faults
    assert (fault.row, fault.message) == (2, "the row has 3 cells, and there are 2 columns")
    assert [row.cells for row in read(tmp_path / "a.csv").rows] == [("1", "2"), ("4", None)]


def test_formulas_are_what_they_came_to_or_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["product", "price"])
    sheet.append(["boat", "=1+1"])
    sheet.append(["kite", "#N/A"])
    book.create_sheet("other").append(["x"])
    book.save(tmp_path / "a.xlsx")
    faults = read(tmp_path / "a.xlsx").faults
    assert [(fault.row, fault.column) for fault in faults] == [(2, "price"), (3, "price")]
    assert "a formula whose result is not in the file" in faults[0].message
    assert "the error #N/A" in faults[1].message
    assert "did you mean other?" in refused(tmp_path / "a.xlsx", sheet="othr")
    assert "only spreadsheets have sheets" in refused(written(tmp_path / "a.csv", "a\n1\n"), sheet="other")

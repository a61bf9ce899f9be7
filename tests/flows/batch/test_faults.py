"""A thousand rows with one fault are one line and three examples; programs get each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.batch.faults import Fault, grouped, ranges, table_error
from flows.errors import Place

TABLE = Path("products.csv")


def test_rows_with_one_kind_of_fault_stand_together() -> None:
    faults = [
        Fault(f"there is no file p{row}.png", "paths are relative", row, "picture", 2, f"p{row}.png")
        for row in range(2, 1002)
    ]
    (text,) = grouped(TABLE, faults)
    assert text.splitlines() == [
        "products.csv: column 'picture': 1,000 of one kind, in rows 2-1001",
        "    row 2: there is no file p2.png",
        "    row 3: there is no file p3.png",
        "    row 4: there is no file p4.png",
        "    and 997 more like this",
        "    paths are relative",
    ]
    error = table_error(TABLE, faults)
    assert len(error.problems) == 1000
    assert error.problems[3].place == Place("products.csv", 5, 2)
    assert str(error) == text


def test_the_very_same_fault_is_said_once_with_its_rows() -> None:
    (text,) = grouped(TABLE, [Fault("the cell is empty", "write a value", row, "price") for row in (2, 3, 9)])
    assert text.splitlines()[0] == "products.csv: 3 rows (2-3, 9): column 'price': the cell is empty"


def test_other_columns_and_places_are_other_faults() -> None:
    about = Place("film.yaml", 3, 4)
    faults = [Fault("wrong", row=2, column="a"), Fault("wrong", row=2, column="b"), Fault("wrong", row=2, about=about)]
    assert len(grouped(TABLE, faults)) == 3
    assert grouped(TABLE, faults)[2] == "products.csv: row 2: film.yaml:3:4: wrong"


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([], ""), ([3], "3"), ([2, 3, 4, 7], "2-4, 7"), (range(0, 40, 2), "0, 2, 4, 6, 8, 10, 12, 14, …")],
)
def test_rows_are_listed_as_ranges(numbers: list[int], said: str) -> None:
    assert ranges(numbers) == said

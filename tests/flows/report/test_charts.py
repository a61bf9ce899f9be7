"""Charts as numbers: heights to scale, round ticks, words that do not run into each other."""

from __future__ import annotations

import pytest

from flows.report.charts import BOTTOM, HEIGHT, MOST_LABELS, TOP, columns, lines, short, ticks

ROOM = HEIGHT - BOTTOM - TOP


@pytest.mark.parametrize(
    ("greatest", "expected"),
    [
        (0, [0, 1]),
        (9.3, [0, 5, 10]),
        (10, [0, 5, 10]),
        (0.037, [0, 0.01, 0.02, 0.03, 0.04]),
        (1234, [0, 500, 1000, 1500]),
    ],
)
def test_ticks_are_round_and_hold_the_greatest(greatest: float, expected: list[float]) -> None:
    assert ticks(greatest) == pytest.approx(expected)


def test_parts_of_a_column_stand_on_each_other_to_scale() -> None:
    chart = columns(["one", "two"], {"useful": [6.0, 0.0], "failed": [2.0, 10.0]}, "h")
    low, high, whole = chart.bars
    assert (low.height, high.height, whole.height) == tuple(map(pytest.approx, (0.6 * ROOM, 0.2 * ROOM, ROOM)))
    assert low.y == pytest.approx(high.y + high.height)
    assert low.y + low.height == pytest.approx(HEIGHT - BOTTOM)
    assert (low.said, whole.said) == ("one: 6 h, useful", "two: 10 h, failed")
    assert low.x < whole.x


def test_a_line_leaves_out_what_is_not_known() -> None:
    (line,) = lines(["a", "b", "c"], {"t2v": [4.0, None, 2.0]}, "s").lines
    assert [said for _, _, said in line.points] == ["t2v, a: 4 s", "t2v, c: 2 s"]
    assert line.path.count("L") == 1
    assert line.points[0][1] < line.points[1][1], "more is higher"


def test_of_many_columns_some_have_words_below() -> None:
    chart = columns([str(number) for number in range(52)], {"cost": [1.0] * 52}, "EUR")
    assert len(chart.bars) == 52
    assert len(chart.labels) <= MOST_LABELS


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.0421, "0.0421"), (5.0, "5"), (1250.4, "1,250"), (0.1, "0.1")])
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text

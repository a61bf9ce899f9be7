"""What a layout is, and what it cannot be."""

from __future__ import annotations

import pytest

from wan.errors import RequestError
from wan.parallel.layout import Layout, layout_for, parse_layout


def test_a_layout_is_read_as_it_is_written() -> None:
    assert parse_layout("guidance=2,sequence=4") == Layout(2, 4)
    assert parse_layout(" sequence = 3 ") == Layout(1, 3)
    assert parse_layout(str(Layout(2, 2))) == Layout(2, 2)


@pytest.mark.parametrize("text", ["", "guidance", "guidance=two", "rows=2", "guidance=2;sequence=2"])
def test_what_is_no_layout_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(RequestError, match="write guidance=2,sequence=2"):
        parse_layout(text)


def test_a_step_has_two_prompts_at_most() -> None:
    with pytest.raises(RequestError, match="use 1 or 2"):
        Layout(guidance=3)
    with pytest.raises(RequestError, match="1 rank or more"):
        Layout(sequence=0)


def test_heads_are_dealt_out_evenly_or_not_at_all() -> None:
    Layout(2, 8).check_heads(40)
    with pytest.raises(RequestError, match=r"40 attention heads .* use one of 1, 2, 4, 5, 8, 10, 20, 40"):
        Layout(1, 3).check_heads(40)


def test_prompts_are_parted_first() -> None:
    assert [layout_for(gpus) for gpus in (1, 2, 4, 5, 8)] == [
        Layout(),
        Layout(2, 1),
        Layout(2, 2),
        Layout(1, 5),
        Layout(2, 4),
    ]
    assert [layout_for(gpus, guided=False) for gpus in (1, 2, 4)] == [Layout(), Layout(1, 2), Layout(1, 4)]

from __future__ import annotations

import torch

from wan.model.parts import Resident


def test_resident_parts_stay_where_they_are() -> None:
    transformer = object()
    parts = Resident({"transformer": transformer}, torch.device("cpu"))
    assert parts.device == torch.device("cpu")
    parts.soon("transformer")
    with parts.use("transformer") as used:
        assert used is transformer
    parts.done("transformer")
    assert parts.peek("transformer") is transformer


def test_parts_given_later_to_the_same_table_are_not_taken_over() -> None:
    table = {"vae": object()}
    parts = Resident(table, torch.device("cpu"))
    table.clear()
    assert set(parts.parts) == {"vae"}

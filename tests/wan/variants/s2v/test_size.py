"""S2V-14B: the size that follows a picture is the reference's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wan.parity import PARITY
from wan.variants.s2v.size import image_size


@pytest.mark.parity
@pytest.mark.parametrize("table", PARITY.matches("image_prep", r"out\.(s2v\.size_table\w*)"))
def test_sizes_are_the_references(parity: Any, table: str) -> None:
    rows = parity["image_prep"].tensors[f"out.{table}"].tolist()
    assert rows
    for height, width, area, out_height, out_width in rows:
        assert image_size((width, height), area) == (out_width, out_height)

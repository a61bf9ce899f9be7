"""I2V-A14B: the size that follows a picture is the reference's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.wan.parity import PARITY
from wan.frames.geometry import is_rounding_of
from wan.variants.i2v.size import image_size


@pytest.mark.parity
@pytest.mark.parametrize("table", PARITY.matches("image_prep", r"out\.(i2v\.size_table\w*)"))
def test_sizes_are_the_references(parity: Any, table: str) -> None:
    rows = parity["image_prep"].tensors[f"out.{table}"].tolist()
    assert rows
    for height, width, area, out_height, out_width in rows:
        assert image_size((width, height), area) == (out_width, out_height)


@given(st.integers(64, 5000), st.integers(64, 5000), st.sampled_from([480 * 832, 720 * 1280]))
@example(1950, 1125, 480 * 832)  # 480 rows to the bit, were it not for the rounding of a root
def test_the_references_size_of_a_picture_is_a_rounding_of_it(width: int, height: int, area: int) -> None:
    assume(1 / 4 < width / height < 4)
    assert is_rounding_of((width, height), image_size((width, height), area), 16)

from __future__ import annotations

import math

import pytest
import torch

from wan.model.finite import Watch, is_finite


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_one_value_that_is_no_number_is_seen(bad: float, dtype: torch.dtype) -> None:
    values = torch.zeros(3, 4, dtype=dtype)
    assert is_finite(values)
    values[1, 2] = bad
    assert not is_finite(values)


def test_eight_bit_floats_are_looked_at_too() -> None:
    values = torch.zeros(4).to(torch.float8_e4m3fn)
    assert is_finite(values)
    values[0] = torch.tensor(math.nan).to(torch.float8_e4m3fn)
    assert not is_finite(values)


def test_whole_numbers_and_nothing_at_all_are_finite() -> None:
    assert is_finite(torch.tensor([1, 2]))
    assert is_finite(torch.empty(0))


def test_the_first_step_without_numbers_is_told_with_what_came_before_it() -> None:
    watch, before = Watch(), torch.ones(2)
    assert watch.look(1, torch.zeros(2), torch.zeros(2)) is None
    found = watch.look(2, torch.tensor([0.0, math.nan]), before)
    assert found is not None
    assert (found.step, found.before) == (2, before)
    assert watch.settle() is None

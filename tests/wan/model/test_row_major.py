from __future__ import annotations

import torch

from wan.model.row_major import row_major


def test_numbers_stay_and_strides_become_those_of_a_file() -> None:
    across = torch.randn(1, 16, 1, 8, 8).to(memory_format=torch.channels_last_3d)
    laid = row_major(across)
    assert torch.equal(laid, across)
    assert laid.stride() == (1024, 64, 64, 8, 1) != across.stride()


def test_a_row_major_tensor_is_not_copied() -> None:
    tensor = torch.randn(2, 3)
    assert row_major(tensor) is tensor


def test_strides_of_single_rows_count_too() -> None:
    odd = torch.randn(4).as_strided((1, 4), (1, 1))
    assert odd.is_contiguous()
    assert row_major(odd).stride() == (4, 1)

"""Tokens dealt out by heads; how ranks exchange them is tested in `test_share`."""

from __future__ import annotations

import torch
from torch import Tensor

from wan.parallel.heads import for_ranks, with_all_tokens
from wan.parallel.span import CutRotary

TABLE = torch.zeros(1, 3, 1, 5)


def test_each_rank_is_sent_all_tokens_that_are_here_with_its_own_heads() -> None:
    values = torch.randn(1, 3, 4, 5)
    by_rank = for_ranks(values, CutRotary(TABLE, TABLE, 6, 2, ""))
    assert by_rank.shape == (2, 3, 2, 5)
    assert by_rank.is_contiguous()
    assert torch.equal(by_rank[0], values[0, :, :2])
    assert torch.equal(by_rank[1], values[0, :, 2:])


def test_who_has_all_tokens_sends_nothing() -> None:
    given = [torch.randn(1, 3, 4, 5) for _ in range(3)]

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return (query + 2 * key + 3 * value).flatten(2, 3)

    assert torch.equal(with_all_tokens(given, 3, "", attend), attend(*given))

"""From tokens to heads and back: how self-attention sees a sequence whose tokens are cut over ranks.

Every rank has some tokens with all their heads, and gets all tokens with some of the heads. Attention over those is
whole. What it gives goes the same way back. Source: DeepSpeed-Ulysses, arXiv 2309.14509.

Sending begins at once, and is waited for in one place, so that one tensor travels while the next is computed. Both ends
are operators that torch.compile does not look into: it would wait for every tensor where it is sent, to save memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from wan.parallel.layout import PROMPTS
from wan.parallel.span import CutRotary

Attend: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Attention over queries, keys and values `[1, N, heads, D]` → `[1, N, heads · D]`."""


def for_ranks(values: Tensor, places: CutRotary) -> Tensor:
    """Tokens of this rank `[1, n, heads, D]` as what each rank is to have of them: `[ranks, n, heads / ranks, D]`."""
    return torch.unflatten(values[0], 1, (places.ranks, -1)).transpose(0, 1).contiguous()


@torch.library.custom_op("wan::send_heads", mutates_args=())
def send_heads(by_rank: Tensor, group: str) -> Tensor:
    """Begin to send a row to each rank. The result has a row from each, when `with_all_tokens` has waited for it; until
    then `by_rank` must live."""
    one_each = [1] * len(by_rank)
    arriving: Tensor = torch.ops._c10d_functional.all_to_all_single(by_rank, one_each, one_each, group)
    return arriving


@send_heads.register_fake
def _(by_rank: Tensor, group: str) -> Tensor:
    return torch.empty_like(by_rank)


def with_all_tokens(arriving: Sequence[Tensor], tokens: int, group: str, attend: Attend) -> Tensor:
    """Attention over queries, keys and values that `send_heads` gave, `[ranks, n, h, D]`: all tokens with the heads of
    this rank. Returns what it says of this rank's tokens, with all heads: `[1, n, heads · D]`."""
    ranks, length = arriving[0].shape[:2]
    if ranks == 1:  # nothing was sent
        return attend(*arriving)
    mixed = attend(*(_arrived(each).flatten(0, 1)[None, :tokens] for each in arriving))[0]
    missing = ranks * length - tokens
    rows = F.pad(mixed, (0, 0, 0, missing)) if missing else mixed
    gathered = _arrived(send_heads(torch.unflatten(rows, 0, (ranks, length)), group))
    return gathered.transpose(0, 1).flatten(1, 2)[None]


def shared_with_twin(attend: Attend, group: str, place: int) -> Attend:
    """Attention over the heads of this rank, half of them computed here and half by the twin, to the same bits: no head
    sees another."""

    def attend_half(*given: Tensor) -> Tensor:
        half = given[0].shape[2] // PROMPTS
        here = attend(*(each[:, :, place * half : (place + 1) * half] for each in given))[0].contiguous()
        both = _arrived(torch.ops._c10d_functional.all_gather_into_tensor(here, PROMPTS, group))
        return torch.unflatten(both, 0, (PROMPTS, -1)).transpose(0, 1).flatten(1, 2)[None]

    return attend_half


def _arrived(arriving: Tensor) -> Tensor:
    arrived: Tensor = torch.ops._c10d_functional.wait_tensor(arriving)
    return arrived

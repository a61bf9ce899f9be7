"""From tokens to heads and back: how self-attention sees a sequence whose tokens are cut over ranks.

Every rank has some tokens with all their heads, and gets all tokens with some of the heads. Attention over those is
whole. What it gives goes the same way back. Sending begins at once and is waited for where its result is needed, so
that one tensor travels while the next is computed. Source: DeepSpeed-Ulysses, arXiv 2309.14509.

torch.compile knows the operators that are called here, and keeps what is being sent alive until it has arrived.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from wan.parallel.span import CutRotary


def send_heads(values: Tensor, places: CutRotary) -> Tensor:
    """Begin to send `[1, n, heads, D]`, tokens of this rank; `arrived_heads` waits for what comes back."""
    by_rank = torch.unflatten(values[0], 1, (places.ranks, -1)).transpose(0, 1)
    return _exchange(by_rank, places)


def arrived_heads(sent: Tensor, places: CutRotary) -> Tensor:
    """All tokens with the heads of this rank, `[1, N, heads / ranks, D]`, of what `send_heads` gave."""
    return _arrived(sent).flatten(0, 1)[None, : places.tokens]


def return_heads(mixed: Tensor, places: CutRotary) -> Tensor:
    """All tokens with the heads of this rank `[1, N, D·heads / ranks]` → the tokens of this rank with all heads
    `[1, n, D·heads]`."""
    missing = places.cosines.shape[1] * places.ranks - places.tokens
    rows = F.pad(mixed[0], (0, 0, 0, missing)) if missing else mixed[0]
    found = _arrived(_exchange(torch.unflatten(rows, 0, (places.ranks, -1)), places))
    return found.transpose(0, 1).flatten(1, 2)[None]


def _exchange(by_rank: Tensor, places: CutRotary) -> Tensor:
    """`[ranks, …]`, a row for each rank → a row from each rank, when it has arrived."""
    one_each = [1] * places.ranks
    sent: Tensor = torch.ops._c10d_functional.all_to_all_single(by_rank.contiguous(), one_each, one_each, places.group)
    return sent


def _arrived(sent: Tensor) -> Tensor:
    found: Tensor = torch.ops._c10d_functional.wait_tensor(sent)
    return found

"""The tokens of a sequence that one rank computes, cut evenly over the ranks that share it.

A sequence that does not divide is filled up with zeros at its end, on the last ranks. Attention never sees those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor


class Twin(NamedTuple):
    """The rank that computes the other prompt with the same tokens and heads: torch.distributed's group of the two, and
    the place of this one in it."""

    group: str
    place: int


class CutRotary(NamedTuple):
    """Rotary cosines and sines `[1, n, 1, D]` of the `n` tokens of one rank; the sequence has `tokens` of them over
    `ranks` ranks, which are torch.distributed's group of that name. `twin`: as long as no prompt has been read, who
    has the same values, so that attention over the heads here is shared with it."""

    cosines: Tensor
    sines: Tensor
    tokens: int
    ranks: int
    group: str
    twin: Twin | None = None


Rotary: TypeAlias = tuple[Tensor, Tensor] | CutRotary
"""Cosines and sines `[1, N, 1, D]` of all tokens of a sequence, or of those that are here."""


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens `start` … `start + length` of `tokens`, those past the end being zeros. `rank` is its place among `ranks`
    that have a part of the sequence each, `group` their name."""

    tokens: int
    rank: int = 0
    ranks: int = 1
    group: str = ""

    @property
    def length(self) -> int:
        """How many are computed here, as on every other rank."""
        return -(-self.tokens // self.ranks)

    @property
    def start(self) -> int:
        """The number of the first one."""
        return min(self.rank * self.length, self.tokens)

    def among(self, first: int) -> int:
        """How many of the first `first` tokens of the sequence are here."""
        return min(max(first - self.start, 0), min(self.length, self.tokens - self.start))

    @property
    def is_cut(self) -> bool:
        """Whether there are tokens elsewhere."""
        return self.ranks > 1

    def counts(self, counts: tuple[int, ...]) -> tuple[int, ...]:
        """Of a row with so many tokens of each kind, one kind behind the other: how many are here. The zeros behind the
        end are of the last kind."""
        ends = [self.among(end) for end in accumulate(counts)]
        ends[-1] = self.length
        return tuple(end - start for start, end in zip([0, *ends[:-1]], ends, strict=True))

    def cut(self, values: Tensor) -> Tensor:
        """The rows that are here: `[B, N, …]` → `[B, length, …]`."""
        if self.ranks == 1:
            return values
        return _filled(values[:, self.start : self.start + self.length], self.length).contiguous()

    def cut_rotary(self, rotary: tuple[Tensor, Tensor]) -> Rotary:
        """Where the tokens that are here stand."""
        return rotary if self.ranks == 1 else self.with_twin(rotary, None)

    def with_twin(self, rotary: tuple[Tensor, Tensor], twin: Twin | None) -> CutRotary:
        """`cut_rotary`, where a twin has the same values."""
        return CutRotary(self.cut(rotary[0]), self.cut(rotary[1]), self.tokens, self.ranks, self.group, twin)

    def by_frames(
        self, tokens: Tensor, video: int, per_frame: int, compute: Callable[[Tensor, slice], Tensor]
    ) -> Tensor:
        """What `compute` gives for the tokens of the video that are here, `[B, among(video), dim]`.

        The first `video` tokens of the sequence are a video's, frame by frame. `compute` is given whole frames
        `[B, k · per_frame, dim]` and which they are; of frames that are cut, tokens elsewhere are zeros.
        """
        here = self.among(video)
        if here == 0:
            return tokens[:, :0]
        start, stop = self.start, self.start + here
        first, last = start // per_frame, -(-stop // per_frame)
        before, after = start - first * per_frame, last * per_frame - stop
        whole = tokens[:, :here]
        if before or after:
            whole = F.pad(whole, (0, 0, before, after))
        computed = compute(whole, slice(first, last))
        return computed[:, before : before + here] if before or after else computed

    def add(self, tokens: Tensor, found: Tensor) -> Tensor:
        """`found` `[B, k, dim]` added to the first of the tokens that are here; the rest are left as they are."""
        here = found.shape[1]
        if here == tokens.shape[1]:
            return tokens + found
        return torch.cat([tokens[:, :here] + found, tokens[:, here:]], dim=1)


def _filled(values: Tensor, length: int) -> Tensor:
    """With zeros behind the rows `[B, N, …]`, as many as are missing."""
    missing = length - values.shape[1]
    return F.pad(values, (0, 0) * (values.ndim - 2) + (0, missing)) if missing else values

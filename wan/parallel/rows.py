"""The autoencoder over several ranks: each has some rows of every frame, and sees its neighbours' where it must.

A convolution needs the row above and the row below; they are sent before it. What looks at a whole frame gets all rows.
Every pixel is computed from the same numbers as on one GPU.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import torch
import torch.distributed as dist
from torch import Tensor

_FEWEST = 2
"""Rows of latents a rank: fewer are not worth sending."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The place of `rank` among `ranks`, from the top, for a video whose latents have `height` rows. It is cut between
    latents, at every size that it has on its way."""

    rank: int = 0
    ranks: int = 1
    height: int = 0

    def of(self, height: int) -> Rows | None:
        """For latents of so many rows; None where one rank does it all."""
        return replace(self, height=height) if self.ranks > 1 and height >= _FEWEST * self.ranks else None

    def cut(self, values: Tensor) -> Tensor:
        """The rows that are here: `[B, C, T, H, W]` → `[B, C, T, h, W]`."""
        unit = values.shape[3] // self.height
        return values[:, :, :, self._bounds[self.rank] * unit : self._bounds[self.rank + 1] * unit]

    def whole(self, values: Tensor) -> Tensor:
        """All rows on every rank: `[B, C, T, h, W]` → `[B, C, T, H, W]`."""
        bounds = self._bounds
        unit = values.shape[3] // (bounds[self.rank + 1] - bounds[self.rank])
        counts = [(stop - start) * unit for start, stop in pairwise(bounds)]
        rows = values.movedim(3, 0)
        here = rows.new_zeros(max(counts), *rows.shape[1:])
        here[: len(rows)] = rows
        everywhere = here.new_empty(self.ranks, *here.shape)
        dist.all_gather(list(everywhere.unbind()), here)
        return torch.cat([each[:count] for each, count in zip(everywhere, counts, strict=True)]).movedim(0, 3)

    def with_neighbours(self, values: Tensor, *, above: bool = True, below: bool = True) -> Tensor:
        """With a row of the rank above and one of the rank below, `[B, C, T, h, W]` → `[B, C, T, h + 2, W]`; zeros
        beyond the picture. Channels stay last in memory."""
        last = values.movedim(1, -1)
        upper, lower = (last.new_zeros(last[:, :, :1].shape) for _ in range(2))
        exchanges = []
        if self.rank > 0:
            exchanges += self._exchange(last[:, :, :1] if below else None, upper if above else None, self.rank - 1)
        if self.rank < self.ranks - 1:
            exchanges += self._exchange(last[:, :, -1:] if above else None, lower if below else None, self.rank + 1)
        for work in dist.batch_isend_irecv(exchanges):
            work.wait()
        parts = [*([upper] if above else []), last, *([lower] if below else [])]
        return torch.cat(parts, dim=2).movedim(-1, 1)

    def _exchange(self, sent: Tensor | None, arriving: Tensor | None, other: int) -> list[dist.P2POp]:
        exchanges = []
        if sent is not None:
            exchanges.append(dist.P2POp(dist.isend, sent.contiguous(), other))
        if arriving is not None:
            exchanges.append(dist.P2POp(dist.irecv, arriving, other))
        return exchanges

    @property
    def _bounds(self) -> list[int]:
        return [self.height * rank // self.ranks for rank in range(self.ranks + 1)]

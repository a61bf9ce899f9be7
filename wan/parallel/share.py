"""What one rank computes of a denoising step, and how the velocities of all are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.distributed as dist
from torch import Tensor

from wan.parallel.layout import PROMPTS, Layout
from wan.parallel.rows import Rows
from wan.parallel.span import Span, Twin


@dataclass(frozen=True, slots=True)
class Share:
    """The place of `rank` in a layout. `sequence_group` is the name of the ranks that have the other tokens of the same
    prompt, `twin_group` of the two that have the same tokens of either prompt. The default is a GPU by itself, which
    computes everything."""

    layout: Layout = field(default_factory=Layout)
    rank: int = 0
    sequence_group: str = ""
    twin_group: str = ""

    def prompts(self, count: int) -> Sequence[int]:
        """The numbers of the prompts, of a step with `count` of them, that are computed here.

        A step without guidance has one, which is computed on both sides alike.
        """
        if self.layout.guidance == 1 or count == 1:
            return range(count)
        return [self.rank // self.layout.sequence]

    def twin(self, count: int, heads: int) -> Twin | None:
        """Who shares what all `count` prompts of a step have in common, of a model with so many heads; None for nobody,
        or where the heads of a rank cannot be halved."""
        if self.layout.guidance == 1 or count == 1 or heads // self.layout.sequence % PROMPTS:
            return None
        return Twin(self.twin_group, self.rank // self.layout.sequence)

    def span(self, tokens: int) -> Span:
        """The tokens that are computed here."""
        return Span(tokens, self.rank % self.layout.sequence, self.layout.sequence, self.sequence_group)

    @property
    def rows(self) -> Rows:
        """Of the autoencoder's frames: shared out where bits are not promised to be those of one GPU."""
        return Rows(self.rank, self.layout.ranks) if self.layout.sequence > 1 else Rows()

    def gather(self, found: Sequence[Tensor], count: int, span: Span) -> list[Tensor]:
        """Of `[1, length, C]` for each prompt that is computed here, `[1, N, C]` for all `count` prompts: the same bits
        on every rank."""
        if self.layout.ranks == 1:
            return list(found)
        here = torch.stack([each[0] for each in found])
        everywhere = here.new_empty(self.layout.ranks, *here.shape)
        dist.all_gather(list(everywhere.unbind()), here)
        # [guidance · sequence, prompts, n, C] → [guidance · prompts, sequence · n, C]
        by_prompt = (
            torch.unflatten(everywhere, 0, (self.layout.guidance, -1)).transpose(1, 2).flatten(2, 3).flatten(0, 1)
        )
        return [by_prompt[number : number + 1, : span.tokens] for number in range(count)]


ALONE = Share()

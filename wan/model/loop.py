"""The one loop over the blocks of a transformer, for the tokens of every prompt of a step.

A step is run in this order: `Expert.embed` makes tokens, `Step.run` brings them through each block, a variant's hook
adds what it adds behind the block, `Expert.head` makes velocities. Before the first block all prompts share their
tokens; they part at its cross-attention, the first thing to see a prompt.

Several GPUs that share a clip hook in at three places, and nowhere else:

- `Expert.tokens`, a `Tokens`: where the row of tokens is cut into shares and put together again. It is cut behind
  `embed` and put together before `head`. Hooks that look at whole latent frames (Animate's face, S2V's sound) put it
  together for themselves. Whatever stands beside tokens, one a token, is cut by the same object: rotary tables,
  VACE's control, the counts of a `Modulation`.
- `Step.run`: the only caller of blocks.
- `wan.model.blocks.self_attention`: the only place where tokens see each other. Queries, keys and values of a share
  go from there to `wan.model.blocks.attend`, the only caller of attention kernels in a block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from wan.model.blocks import Modulation, Rotary
from wan.model.compiled import BlockFunctions

Hook: TypeAlias = Callable[[int, list[Tensor]], None]
"""Called behind each block with its number and the tokens `[1, n, dim]` of every prompt, which it may replace."""


class Tokens:
    """A row of tokens that one GPU has whole."""

    def share(self, row: Tensor) -> Tensor:
        """This GPU's share of a row `[1, N, …]` → `[1, n, …]`."""
        return row

    def whole(self, share: Tensor) -> Tensor:
        """The row that all shares make, `[1, n, …]` → `[1, N, …]`."""
        return share

    def counts(self, counts: tuple[int, ...]) -> tuple[int, ...]:
        """How many tokens of each kind (`Modulation.counts`) are in this GPU's share."""
        return counts


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What every block of one step is given beside tokens: prompts `[1, L, dim]`, rotary tables `[1, N, 1, D]`, and the
    step's time fp32 `[1, kinds, 6, dim]` for `counts` tokens of each kind."""

    functions: BlockFunctions
    compute: torch.dtype
    texts: tuple[Tensor, ...]
    rotary: Rotary
    time: Tensor
    counts: tuple[int, ...]

    def run(self, block: Any, branches: list[Tensor]) -> None:
        """Bring the tokens of every prompt through a block, in place. One branch for several prompts means that none
        of them has been read yet: self-attention is computed once, and the prompts part."""
        modulation = Modulation(block.scale_shift_table + self.time, self.counts)
        if len(branches) == len(self.texts):
            for prompt, text in enumerate(self.texts):
                branches[prompt] = self.functions.run_block(
                    block, branches[prompt], text, modulation, self.rotary, self.compute
                )
            return
        (shared,) = branches
        shared = self.functions.attend_to_itself(block, shared, modulation, self.rotary, self.compute)
        branches[:] = [self.functions.read_prompt(block, shared, text, modulation, self.compute) for text in self.texts]


def run_blocks(blocks: Sequence[Any], tokens: Tensor, step: Step, after: Hook) -> list[Tensor]:
    """The tokens `[1, N, dim]` of every prompt behind the last block; `after` is called behind each."""
    branches = [tokens]
    for index in range(len(blocks)):
        step.run(blocks[index], branches)  # asking a streamed model for a block brings it: once for all prompts
        after(index, branches)
    return branches

"""The one loop over the blocks of a transformer, for the tokens of every prompt of a step.

A step is run in this order: `Expert.embed` makes tokens, `Step.run` brings them through each block, a variant's hook
adds what it adds behind the block, `Expert.head` makes velocities. Before the first block all prompts share their
tokens; they part at its cross-attention, the first thing to see a prompt.

Several GPUs that share a clip hook in at three places, and nowhere else:

- `Expert.share` says which prompts are computed here, and which `Span` of the row of tokens. The row is cut behind
  `embed`; velocities are put together behind `head`. Hooks that look at whole latent frames (Animate's face, S2V's
  sound) fill up those that are cut. Whatever stands beside tokens, one a token, is cut by the same span: rotary tables,
  VACE's control, the counts of a `Modulation`.
- `Step.run`: the only caller of blocks.
- `wan.model.blocks.self_attention`: the only place where tokens see each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from wan.model.blocks import Modulation
from wan.model.compiled import BlockFunctions
from wan.model.pace import Pace
from wan.parallel.span import Rotary, Span

Hook: TypeAlias = Callable[[int, list[Tensor]], None]
"""Called behind each block with its number and the tokens `[1, n, dim]` of every prompt that is computed here, which it
may replace."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What every block of one step is given beside tokens: prompts `[1, L, dim]`, of which those in `mine` are computed
    here, rotary tables `[1, n, 1, D]`, and the step's time fp32 `[1, kinds, 6, dim]` for `counts` tokens of each kind.
    `shared`: rotary tables as long as no prompt has been read. `span`: the tokens that are here."""

    functions: BlockFunctions
    compute: torch.dtype
    texts: tuple[Tensor, ...]
    rotary: Rotary
    shared: Rotary
    time: Tensor
    counts: tuple[int, ...]
    mine: Sequence[int]
    span: Span

    def run(self, block: Any, branches: list[Tensor], *, first: bool) -> None:
        """Bring the tokens of every prompt that is computed here through a block, in place.

        `first`: there is one branch yet, and no prompt has been read. Of several prompts self-attention is computed
        once. It is apart too where only one of them is computed here: a compiled whole might round otherwise.
        """
        modulation = Modulation(block.scale_shift_table + self.time, self.counts)
        texts = [self.texts[prompt] for prompt in self.mine]
        if not first or len(self.texts) == 1:
            for place, text in enumerate(texts):
                branches[place] = self.functions.run_block(
                    block, branches[place], text, modulation, self.rotary, self.compute
                )
            return
        (shared,) = branches
        shared = self.functions.attend_to_itself(block, shared, modulation, self.shared, self.compute)
        branches[:] = [self.functions.read_prompt(block, shared, text, modulation, self.compute) for text in texts]


def run_blocks(blocks: Sequence[Any], tokens: Tensor, step: Step, after: Hook) -> list[Tensor]:
    """The tokens `[1, n, dim]` of every prompt that is computed here behind the last block; `after` is called behind
    each. Raises `Cancelled` between two of them where who is asked says so (`wan.system.stop`)."""
    branches, pace = [tokens], Pace(tokens.device)
    for index in range(len(blocks)):
        if index > 0:
            pace.between()
        step.run(
            blocks[index], branches, first=index == 0
        )  # asking a streamed model for a block brings it: once for all prompts
        after(index, branches)
    return branches

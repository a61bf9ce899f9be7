"""One transformer: velocities for noisy latents, with what does not change from step to step computed once.

The layers are those of diffusers' `WanTransformer3DModel`, run in its order. Once a clip: the projection of the prompts
and the rotary table. Once a step for both prompts: patches, time embedding, and the first block up to its
cross-attention, which is the first thing to see a prompt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from wan.model.compiled import block_functions
from wan.parallel.share import ALONE, Share
from wan.parallel.span import Rotary, Span
from wan.request import Numerics

_LONGEST_WAVE = 10_000.0  # of the time embedding's sinusoids
EXACT = ("reference", "fp8_storage", "fp8")
"""The precisions that keep in fp32 what the reference keeps in fp32."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a clip's steps share: prompts projected to the model's width `[1, L, dim]`, rotary cosines and sines."""

    texts: tuple[Tensor, ...]
    rotary: tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class _Time:
    """A step's time: embedding for the head `[1, T, dim]`, modulation for the blocks fp32 `[1, T, 6, dim]`, where T is
    1, or the number of tokens when some of them are clean."""

    head: Tensor
    blocks: Tensor

    def cut(self, span: Span) -> _Time:
        """Of the tokens that are here."""
        return self if self.head.shape[1] == 1 else _Time(span.cut(self.head), span.cut(self.blocks))


class Expert:
    """A `WanTransformer3DModel` without image embeddings (WAN 2.2): T2V, I2V, TI2V."""

    def __init__(self, model: Any, numerics: Numerics | None = None, share: Share = ALONE) -> None:
        """`model` is loaded as `wan.precision` says for `numerics.precision`; None computes in the weights' dtype.
        `share`: what of a step is computed here, in a gang. Raises `RequestError` for heads that it cannot deal out."""
        numerics = numerics or Numerics()
        share.layout.check_heads(int(model.config.num_attention_heads))
        self.model, self.share = model.eval(), share
        self.dtype: torch.dtype = model.patch_embedding.weight.dtype
        self.exact = numerics.precision in EXACT
        self._functions = block_functions(numerics.compile)

    def context(self, embeddings: Sequence[Tensor], latents: Tensor) -> Context:
        """Prepare prompts `[1, L, D]` for latents of the shape of `latents`."""
        embed = self.model.condition_embedder.text_embedder
        texts = tuple(embed(text.to(latents.device, self.dtype)) for text in embeddings)
        return Context(texts, self.model.rope(latents))

    def velocities(self, inputs: Tensor, timestep: float, context: Context, *, clean_frames: int = 0) -> list[Tensor]:
        """The velocity (noise − clean), fp32 `[1, C, F, h, w]`, of `inputs` `[1, C_in, F, h, w]` under each prompt.

        The first `clean_frames` latent frames are known and free of noise: their tokens are at timestep 0 (TI2V).
        """
        model = self.model
        grid = [size // patch for size, patch in zip(inputs.shape[2:], model.config.patch_size, strict=True)]
        tokens = self.embed(inputs, context)
        if self.exact:
            tokens = tokens.float()
        span, mine = self.share.span(math.prod(grid)), self.share.prompts(len(context.texts))
        rotary = span.cut_rotary(context.rotary)
        time = self._time(timestep, math.prod(grid), clean_frames * grid[1] * grid[2]).cut(span)
        branches = self._first_block(span.cut(tokens), context, time, rotary)
        for index in range(len(model.blocks)):
            block = model.blocks[index]  # of a streamed model: brought once for all prompts
            steps = _six(block.scale_shift_table + time.blocks)
            for place, number in enumerate(mine):
                if index > 0:
                    branches[place] = self._functions.run_block(
                        block, branches[place], context.texts[number], steps, rotary, self.dtype
                    )
                branches[place] = self.after_block(index, branches[place], context, number, span)
        for place, branch in enumerate(branches):
            branches[place] = self._head(branch, time)
        found = self.share.gather(branches, len(context.texts), span)
        return [self._pixels(each, grid) for each in found]

    def _first_block(self, tokens: Tensor, context: Context, time: _Time, rotary: Rotary) -> list[Tensor]:
        """The first block for every prompt that is computed here; its self-attention is the same for all of them."""
        first, run = self.model.blocks[0], self._functions
        steps = _six(first.scale_shift_table + time.blocks)
        if len(context.texts) == 1:
            return [run.run_block(first, tokens, context.texts[0], steps, rotary, self.dtype)]
        # in halves too where only one of the prompts is computed here: a compiled whole might round otherwise
        tokens = run.attend_to_itself(first, tokens, steps, rotary, self.dtype)
        mine = self.share.prompts(len(context.texts))
        return [run.read_prompt(first, tokens, context.texts[number], steps, self.dtype) for number in mine]

    def embed(self, inputs: Tensor, context: Context) -> Tensor:
        """The tokens `[1, N, dim]` of the inputs, one a patch of latents.

        Variants whose tokens carry more than these override it.
        """
        tokens: Tensor = self.model.patch_embedding(inputs.to(self.dtype))
        return tokens.flatten(2).transpose(1, 2).contiguous()

    def after_block(self, index: int, tokens: Tensor, context: Context, prompt: int, span: Span) -> Tensor:
        """What a variant adds behind block `index`, under the prompt of that number, to the tokens of `span`."""
        return tokens

    def _time(self, timestep: float, tokens: int, clean: int) -> _Time:
        device = self.model.scale_shift_table.device
        moments = torch.tensor([timestep] if clean == 0 else [0, timestep], device=device)
        embedded, projected = self._embedded_time(moments)
        head, blocks = embedded[None], torch.unflatten(projected, 1, (6, -1)).float()[None]
        if clean:
            of_token = (torch.arange(tokens, device=device) >= clean).long()
            head, blocks = head[:, of_token], blocks[:, of_token]
        return _Time(head, blocks)

    def _embedded_time(self, moments: Tensor) -> tuple[Tensor, Tensor]:
        """Time embedding `[T, dim]` and its projection `[T, 6 · dim]`."""
        embedder = self.model.condition_embedder
        if not self.exact:
            waves = embedder.timesteps_proj(moments)
            embedded = embedder.time_embedder(waves.to(next(embedder.time_embedder.parameters()).dtype)).to(self.dtype)
            return embedded, embedder.time_proj(embedder.act_fn(embedded))
        embedded = embedder.time_embedder(time_waves(moments, self.model.config.freq_dim))
        return embedded, embedder.time_proj(embedder.act_fn(embedded))

    def _head(self, tokens: Tensor, time: _Time) -> Tensor:
        """Tokens to the velocities of their patches, fp32 `[1, N, C · patch]`."""
        model = self.model
        shift, scale = (model.scale_shift_table.unsqueeze(0) + time.head.unsqueeze(2)).unbind(2)
        tokens = (model.norm_out(tokens.float()) * (1 + scale) + shift).type_as(tokens)
        patches: Tensor = model.proj_out(tokens).float()
        return patches

    def _pixels(self, patches: Tensor, grid: Sequence[int]) -> Tensor:
        """Velocities of patches, in their places."""
        pixels = torch.unflatten(torch.unflatten(patches, 1, tuple(grid)), -1, (*self.model.config.patch_size, -1))
        # [1, f, h, w, pt, ph, pw, C] → [1, C, f·pt, h·ph, w·pw]
        pixels = pixels.permute(0, 7, 1, 4, 2, 5, 3, 6)
        velocity: Tensor = pixels.flatten(6, 7).flatten(4, 5).flatten(2, 3)
        return velocity


def time_waves(moments: Tensor, width: int) -> Tensor:
    """Sinusoids of timesteps, fp32 `[T, width]`, cosines first, computed in float64 as the reference does."""
    exponents = torch.arange(width // 2, device=moments.device, dtype=torch.float64) / (width // 2)
    angles = moments.double()[:, None] * _LONGEST_WAVE**-exponents
    return torch.cat([angles.cos(), angles.sin()], dim=1).float()


def _six(steps: Tensor) -> Tensor:
    """Modulations `[1, T, 6, dim]` as `wan.model.blocks` takes them: `[1, 6, dim]` when all tokens share them."""
    return steps[:, 0] if steps.shape[1] == 1 else steps

"""One transformer: velocities for noisy latents, with what does not change from step to step computed once.

The layers are those of diffusers' `WanTransformer3DModel`, run in its order. Once a clip: the projection of the prompts
and the rotary table. Once a step for all prompts: patches, time embedding, and the first block up to its
cross-attention. The loop over the blocks, and where several GPUs hook in: `wan.model.loop`.

Variants whose transformers have more than these layers override `embed`, `time`, `beside` and `head`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from wan.model.blocks import modulated
from wan.model.compiled import block_functions
from wan.model.loop import Hook, Step, run_blocks
from wan.model.patches import latents_of_patches, time_waves
from wan.parallel.share import ALONE, Share
from wan.parallel.span import Span
from wan.request import Numerics

EXACT = ("reference", "fp8_storage", "fp8")
"""The precisions that keep in fp32 what the reference keeps in fp32."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a clip's steps share: prompts projected to the model's width `[1, L, dim]`, rotary cosines and sines."""

    texts: tuple[Tensor, ...]
    rotary: tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Time:
    """A step's time, for each kind of tokens: those at the timestep, and those that are clean if there are any.

    `head` `[1, kinds, dim]` is the embedding for the head, `blocks` fp32 `[1, kinds, 6, dim]` the modulation for the
    blocks. `counts`: tokens of each kind, in the order in which they stand in the row.
    """

    head: Tensor
    blocks: Tensor
    counts: tuple[int, ...]


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
        self.functions = block_functions(numerics.compile)

    def context(self, embeddings: Sequence[Tensor], latents: Tensor) -> Context:
        """Prepare prompts `[1, L, D]` for latents of the shape of `latents`."""
        return Context(self.project(embeddings, latents.device), self.model.rope(latents))

    def project(self, embeddings: Sequence[Tensor], device: torch.device) -> tuple[Tensor, ...]:
        """Prompts `[1, L, D]` in the model's width, `[1, L, dim]`."""
        embed = self.model.condition_embedder.text_embedder
        return tuple(embed(text.to(device, self.dtype)) for text in embeddings)

    def velocities(self, inputs: Tensor, timestep: float, context: Context, *, clean_frames: int = 0) -> list[Tensor]:
        """The velocity (noise − clean), fp32 `[1, C, F, h, w]`, of `inputs` `[1, C_in, F, h, w]` under each prompt.

        The first `clean_frames` latent frames are known and free of noise: their tokens are at timestep 0 (TI2V).
        """
        grid = [size // patch for size, patch in zip(inputs.shape[2:], self.model.config.patch_size, strict=True)]
        row = self.embed(inputs, context).to(torch.float32 if self.exact else self.dtype)
        time = self.time(timestep, context, row.shape[1], clean=clean_frames * grid[1] * grid[2])
        span, video = self.share.span(row.shape[1]), math.prod(grid)
        step, tokens = self._step(context, time, span), span.cut(row)
        branches = run_blocks(self.model.blocks, tokens, step, self.beside(tokens, context, step))
        for place, branch in enumerate(branches):
            # of a row that is cut every rank gives as many tokens: what is no video is left out when all are together
            branches[place] = self.head(branch if span.is_cut else branch[:, :video], time, step.counts)
        velocities = self.share.gather(branches, len(context.texts), span)
        return [latents_of_patches(each[:, :video], grid, self.model.config.patch_size) for each in velocities]

    def _step(self, context: Context, time: Time, span: Span) -> Step:
        texts, counts = context.texts, span.counts(time.counts)
        mine, rotary = self.share.prompts(len(texts)), span.cut_rotary(context.rotary)
        twin = self.share.twin(len(texts), int(self.model.config.num_attention_heads))
        shared = rotary if twin is None else span.with_twin(context.rotary, twin)
        return Step(self.functions, self.dtype, texts, rotary, shared, time.blocks, counts, mine, span)

    def embed(self, inputs: Tensor, context: Context) -> Tensor:
        """The row of tokens `[1, N, dim]` of the inputs, one a patch of latents."""
        tokens: Tensor = self.model.patch_embedding(inputs.to(self.dtype))
        return tokens.flatten(2).transpose(1, 2).contiguous()

    def beside(self, tokens: Tensor, context: Context, step: Step) -> Hook:
        """What runs beside the blocks of one step, which begins with these tokens `[1, n, dim]`."""
        return _nothing

    def time(self, timestep: float, context: Context, tokens: int, *, clean: int) -> Time:
        """The time of a row of `tokens`, the first `clean` of which are at timestep 0."""
        device = self.model.scale_shift_table.device
        moments = torch.tensor([timestep] if clean == 0 else [0, timestep], device=device)
        embedded, projected = self._embedded_time(moments)
        counts = (tokens,) if clean == 0 else (clean, tokens - clean)
        return Time(embedded[None], torch.unflatten(projected, 1, (6, -1)).float()[None], counts)

    def _embedded_time(self, moments: Tensor) -> tuple[Tensor, Tensor]:
        """Time embedding `[T, dim]` and its projection `[T, 6 · dim]`."""
        embedder = self.model.condition_embedder
        if not self.exact:
            waves = embedder.timesteps_proj(moments)
            embedded = embedder.time_embedder(waves.to(next(embedder.time_embedder.parameters()).dtype)).to(self.dtype)
            return embedded, embedder.time_proj(embedder.act_fn(embedded))
        embedded = embedder.time_embedder(time_waves(moments, self.model.config.freq_dim))
        return embedded, embedder.time_proj(embedder.act_fn(embedded))

    def head(self, tokens: Tensor, time: Time, counts: tuple[int, ...]) -> Tensor:
        """Tokens `[1, n, dim]`, `counts` of each kind → velocities of their patches, fp32 `[1, n, C · patch]`."""
        model = self.model
        shift, scale = (model.scale_shift_table.unsqueeze(0) + time.head.unsqueeze(2)).unbind(2)
        normal = modulated(model.norm_out(tokens.float()), shift, scale, counts).type_as(tokens)
        patches: Tensor = model.proj_out(normal).float()
        return patches


def _nothing(index: int, branches: list[Tensor]) -> None:
    """Nothing runs beside the blocks of T2V, I2V and TI2V."""

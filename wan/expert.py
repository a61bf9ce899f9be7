"""One transformer: velocities for noisy latents, with what does not change from step to step computed once.

The layers are those of diffusers' `WanTransformer3DModel`, run in its order; what is left out of each call are the
projections of the prompt and the rotary table, which depend only on the prompt and the shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a clip's steps share: prompts projected to the model's width `[1, L, dim]`, rotary cosines and sines."""

    texts: tuple[Tensor, ...]
    rotary: tuple[Tensor, Tensor]


class Expert:
    """A `WanTransformer3DModel` without image embeddings (WAN 2.2)."""

    def __init__(self, model: Any) -> None:
        self.model = model.eval()
        weight = model.patch_embedding.weight
        self.device: torch.device = weight.device
        self.dtype: torch.dtype = weight.dtype

    def context(self, embeddings: Sequence[Tensor], latents: Tensor) -> Context:
        """Prepare prompts `[1, L, D]` for latents of the shape of `latents`."""
        embed = self.model.condition_embedder.text_embedder
        texts = tuple(embed(text.to(self.device, self.dtype)) for text in embeddings)
        return Context(texts, self.model.rope(latents))

    def velocities(self, inputs: Tensor, timestep: int, context: Context) -> list[Tensor]:
        """The velocity (noise − clean), fp32 `[1, C, F, h, w]`, of `inputs` `[1, C_in, F, h, w]` under each prompt."""
        model = self.model
        tokens = model.patch_embedding(inputs.to(self.dtype)).flatten(2).transpose(1, 2).contiguous()
        time, modulation = self._time(timestep)
        patches = [size // patch for size, patch in zip(inputs.shape[2:], model.config.patch_size, strict=True)]
        return [self._velocity(tokens, text, time, modulation, context.rotary, patches) for text in context.texts]

    def _time(self, timestep: int) -> tuple[Tensor, Tensor]:
        embedder = self.model.condition_embedder
        waves = embedder.timesteps_proj(torch.tensor([timestep], device=self.device))
        time = embedder.time_embedder(waves.to(next(embedder.time_embedder.parameters()).dtype)).to(self.dtype)
        return time, embedder.time_proj(embedder.act_fn(time)).unflatten(1, (6, -1))

    def _velocity(
        self,
        tokens: Tensor,
        text: Tensor,
        time: Tensor,
        modulation: Tensor,
        rotary: tuple[Tensor, Tensor],
        patches: Sequence[int],
    ) -> Tensor:
        model = self.model
        for block in model.blocks:
            tokens = block(tokens, text, modulation, rotary)
        shift, scale = (model.scale_shift_table + time.unsqueeze(1)).chunk(2, dim=1)
        tokens = (model.norm_out(tokens.float()) * (1 + scale) + shift).type_as(tokens)
        pixels = model.proj_out(tokens).unflatten(1, tuple(patches)).unflatten(-1, (*model.config.patch_size, -1))
        # [1, f, h, w, pt, ph, pw, C] → [1, C, f·pt, h·ph, w·pw]
        pixels = pixels.permute(0, 7, 1, 4, 2, 5, 3, 6)
        velocity: Tensor = pixels.flatten(6, 7).flatten(4, 5).flatten(2, 3).float()
        return velocity

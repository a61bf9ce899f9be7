"""One transformer: velocities for noisy latents, with what does not change from step to step computed once.

The layers are those of diffusers' `WanTransformer3DModel`, run in its order. Once a clip: the projection of the prompts
and the rotary table. Once a step for both prompts: patches, time embedding, and the first block up to its
cross-attention, which is the first thing to see a prompt.
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
        if len(context.texts) == 1:
            return [self._head(self._blocks(tokens, context, 0, 0, modulation), time, patches)]
        first = model.blocks[0]
        steps = first.scale_shift_table + modulation.float()
        tokens = _attend_to_itself(first, tokens, steps, context.rotary)
        found = []
        for number, text in enumerate(context.texts):
            branch = _read_prompt(first, tokens, text, steps)
            found.append(self._head(self._blocks(branch, context, number, 1, modulation), time, patches))
        return found

    def _time(self, timestep: int) -> tuple[Tensor, Tensor]:
        embedder = self.model.condition_embedder
        waves = embedder.timesteps_proj(torch.tensor([timestep], device=self.device))
        time = embedder.time_embedder(waves.to(next(embedder.time_embedder.parameters()).dtype)).to(self.dtype)
        return time, embedder.time_proj(embedder.act_fn(time)).unflatten(1, (6, -1))

    def _blocks(self, tokens: Tensor, context: Context, number: int, start: int, modulation: Tensor) -> Tensor:
        for block in self.model.blocks[start:]:
            tokens = block(tokens, context.texts[number], modulation, context.rotary)
        return tokens

    def _head(self, tokens: Tensor, time: Tensor, patches: Sequence[int]) -> Tensor:
        model = self.model
        shift, scale = (model.scale_shift_table + time.unsqueeze(1)).chunk(2, dim=1)
        tokens = (model.norm_out(tokens.float()) * (1 + scale) + shift).type_as(tokens)
        pixels = model.proj_out(tokens).unflatten(1, tuple(patches)).unflatten(-1, (*model.config.patch_size, -1))
        # [1, f, h, w, pt, ph, pw, C] → [1, C, f·pt, h·ph, w·pw]
        pixels = pixels.permute(0, 7, 1, 4, 2, 5, 3, 6)
        velocity: Tensor = pixels.flatten(6, 7).flatten(4, 5).flatten(2, 3).float()
        return velocity


def _attend_to_itself(block: Any, tokens: Tensor, steps: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """The first third of a transformer block; `steps` are its six modulations `[1, 6, dim]`."""
    shift, scale, gate = steps[:, 0:1], steps[:, 1:2], steps[:, 2:3]
    normal = (block.norm1(tokens.float()) * (1 + scale) + shift).type_as(tokens)
    attended: Tensor = block.attn1(normal, None, None, rotary)
    return (tokens.float() + attended * gate).type_as(tokens)


def _read_prompt(block: Any, tokens: Tensor, text: Tensor, steps: Tensor) -> Tensor:
    """The rest of a transformer block: cross-attention and feed-forward."""
    shift, scale, gate = steps[:, 3:4], steps[:, 4:5], steps[:, 5:6]
    tokens = tokens + block.attn2(block.norm2(tokens.float()).type_as(tokens), text, None, None)
    normal = (block.norm3(tokens.float()) * (1 + scale) + shift).type_as(tokens)
    fed: Tensor = block.ffn(normal)
    return (tokens.float() + fed.float() * gate).type_as(tokens)

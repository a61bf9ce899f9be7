"""Renders many prompts of the tiny family at once, for measuring; on any device.

`wan.pipeline` renders one clip for people. This is the same arithmetic in batches (UniPC on the reference schedule, two
experts, guidance, diffusers' image condition), which lets the benchmark draw hundreds of clips on a GPU in seconds, and
lets training measure itself before there is a checkpoint to open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanTransformer3DModel
from torch import Tensor
from transformers import PreTrainedTokenizerFast, UMT5EncoderModel

from wan.tiny import models
from wan.tiny.train.bank import Encoder, condition_mask, condition_video
from wan.tiny.train.text import embed
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH

Clips = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the noise is removed: steps, shift, guidance of the high- and of the low-noise expert."""

    steps: int = 12
    flow_shift: float = 5.0
    high: float = 4.0
    low: float = 3.0
    swapped: bool = False

    def unguided(self) -> Recipe:
        return replace(self, high=1.0, low=1.0)

    def with_experts_swapped(self) -> Recipe:
        return replace(self, swapped=True)


class Renderer(Protocol):
    """Whatever turns prompts into clips: this module's, or the library's pipeline."""

    def render(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        recipe: Recipe,
        first: Clips | None = None,
        last: Clips | None = None,
    ) -> Tensor:
        """Clips `uint8` `[B, F, H, W, 3]`; `first` and `last` are images `[B, H, W, 3]`."""
        ...


@dataclass(slots=True)
class BatchRenderer:
    """The two experts of a variant with what they share."""

    vae: AutoencoderKLWan
    text_encoder: UMT5EncoderModel
    tokenizer: PreTrainedTokenizerFast
    high: WanTransformer3DModel
    low: WanTransformer3DModel
    boundary: float
    batch: int = 50

    @torch.no_grad()
    def render(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        recipe: Recipe,
        first: Clips | None = None,
        last: Clips | None = None,
    ) -> Tensor:
        """See `Renderer`; the clips are on the models' device."""
        encoder = Encoder(self.vae, compile_it=False)
        pieces = []
        for start in range(0, len(prompts), self.batch):
            part = slice(start, start + self.batch)
            condition = None
            if first is not None:
                condition = self._condition(encoder, first[part], None if last is None else last[part])
            latents = self._sample(list(prompts[part]), seeds[part], recipe, condition)
            video = ((encoder.decode(latents) + 1) * 127.5).round().to(torch.uint8)
            pieces.append(video.permute(0, 2, 3, 4, 1))
        return torch.cat(pieces)

    def _condition(self, encoder: Encoder, first: Clips, last: Clips | None) -> Tensor:
        device = str(self.vae.device)
        start = _to_picture(first, device)
        end = start if last is None else _to_picture(last, device)
        with_last = torch.full((len(start),), last is not None, device=device)
        known = encoder.encode(condition_video(start, end, with_last, NUM_FRAMES))
        mask = condition_mask(*known.shape[2:], last=last is not None, device=device)
        return torch.cat([mask[None].expand(len(start), -1, -1, -1, -1), known], dim=1)

    def _sample(self, prompts: list[str], seeds: Sequence[int], recipe: Recipe, condition: Tensor | None) -> Tensor:
        device = self.vae.device
        text = embed(self.text_encoder, self.tokenizer, prompts)
        nothing = embed(self.text_encoder, self.tokenizer, [""]).expand_as(text)
        shape = (models.LATENT_CHANNELS, (NUM_FRAMES - 1) // 4 + 1, HEIGHT // 8, WIDTH // 8)
        noise = [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        latents = torch.stack(noise).to(device)
        scheduler = UniPCMultistepScheduler(
            prediction_type="flow_prediction",
            use_flow_sigmas=True,
            flow_shift=recipe.flow_shift,
            num_train_timesteps=1000,
        )
        scheduler.set_timesteps(sigmas=np.linspace(0.999, 0, recipe.steps + 1)[:-1], device=device)
        for timestep in scheduler.timesteps:
            is_high = bool(timestep >= self.boundary * 1000) != recipe.swapped
            expert = self.high if is_high else self.low
            # The guidance belongs to the part of the schedule, whichever expert a swap puts there.
            scale = recipe.high if timestep >= self.boundary * 1000 else recipe.low
            velocity = self._predict(expert, latents, timestep, text, condition)
            if scale > 1:
                without = self._predict(expert, latents, timestep, nothing, condition)
                velocity = without + scale * (velocity - without)
            latents = scheduler.step(velocity, timestep, latents, return_dict=False)[0]
        return latents

    def _predict(
        self, expert: WanTransformer3DModel, latents: Tensor, timestep: Tensor, text: Tensor, condition: Tensor | None
    ) -> Tensor:
        known = latents if condition is None else torch.cat([latents, condition], dim=1)
        with torch.autocast(latents.device.type, torch.bfloat16, enabled=latents.is_cuda):
            velocity: Tensor = expert(known, timestep.expand(len(latents)), text, return_dict=False)[0]
        return velocity.float()


def _to_picture(images: Clips, device: str) -> Tensor:
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1

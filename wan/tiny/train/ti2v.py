"""Trains the tiny TI2V: the world's clips in the latents of the 2.2 autoencoder, with a first picture or without.

With a picture latent frame 0 is clean, its tokens are told timestep 0, and it does not count in the loss.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import WanTransformer3DModel
from torch import Tensor
from torch.nn import functional as F

from wan.tiny import models
from wan.tiny.draw import Staging, draw_batch, stage
from wan.tiny.train.bank import WORDINGS, wordings
from wan.tiny.train.denoiser import SPRITE_WEIGHT, draw_text, sigma_of
from wan.tiny.train.flow import noisy, weighted
from wan.tiny.train.stages import load_encoder, load_text_encoder
from wan.tiny.train.texts import embed_all, nothing_said
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH, training_scenes

FLOW_SHIFT = 5.0
ANYWHERE, PICTURE_SHARE, DEGRADED_SHARE = 0.3, 0.2, 0.5
"""Shares of clips whose sprite starts anywhere (these always have a picture), of the others that have one, and of
pictures that went through the autoencoder."""
STRIDE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class TextImageBank:
    """N clips: latents `[N, 48, f, h, w]`, first pictures `[N, 48, 1, h, w]`, sprites' places `[N, 1, f, h, w]`,
    whether a clip starts anywhere `[N]`, caption embeddings `[N, WORDINGS + 1, L, D]`."""

    latents: Tensor
    picture: Tensor
    sprite: Tensor
    anywhere: Tensor
    text: Tensor
    nothing: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class TextImageTask:
    """See `wan.tiny.train.flow.Task`."""

    bank: TextImageBank
    device: str
    model: WanTransformer3DModel = field(default_factory=models.build_ti2v_transformer)
    name: str = "ti2v"

    def draw(self, batch: int) -> tuple[Tensor, ...]:
        """Noisy latents, timesteps of the tokens, text, target and weight."""
        bank = self.bank
        picked = torch.randint(len(bank.latents), (batch,), device=self.device)
        latents = bank.latents[picked].float()
        sigma = sigma_of(torch.rand(batch, device=self.device), FLOW_SHIFT)
        mixed, target = noisy(latents, sigma)
        given = bank.anywhere[picked] | (torch.rand(batch, device=self.device) < PICTURE_SHARE)
        first = given[:, None, None, None]
        mixed[:, :, 0] = torch.where(first, bank.picture[picked, :, 0].float(), mixed[:, :, 0])
        weight = 1 + SPRITE_WEIGHT * bank.sprite[picked].float()
        weight[:, :, 0] = torch.where(first, 0.0, weight[:, :, 0])
        # patches are single latents: a token each
        timestep = (sigma * 1000)[:, None, None].repeat(1, latents.shape[2], latents.shape[3] * latents.shape[4])
        timestep[:, 0] *= (~given)[:, None]
        return mixed, timestep.flatten(1), draw_text(bank, picked), target, weight / weight.mean()

    def loss(self, *inputs: Tensor) -> Tensor:
        """The weighted squared error of the predicted velocity."""
        return loss_of(self.model, *inputs)

    def compiled(self) -> Callable[..., Tensor]:
        """The loss, compiled as a whole."""
        return partial(torch.compile(loss_of), self.model)


def loss_of(
    model: WanTransformer3DModel, mixed: Tensor, timestep: Tensor, text: Tensor, target: Tensor, weight: Tensor
) -> Tensor:
    """The weighted squared error of the predicted velocity; `timestep` is that of every token `[B, T]`."""
    return weighted(model(mixed, timestep, text, return_dict=False)[0], target, weight)


@torch.no_grad()
def ti2v_task(
    out: Path, *, clips: int, seed: int, batch: int, device: str, width: int = WIDTH,
    height: int = HEIGHT, frames: int = NUM_FRAMES,
) -> TextImageTask:  # fmt: skip
    """The task on a new bank of clips with seeds from `seed` on."""
    encoder = load_encoder(out / "vae22.pt", device, compile_it=False, kind="2.2")
    text_encoder = load_text_encoder(out / "text.pt", device)
    pieces: dict[str, list[Tensor]] = {}
    said: list[str] = []
    for start in range(seed, seed + clips, batch):
        numbers = range(start, start + batch)
        stagings, anywhere = _stagings(numbers)
        video, alpha = draw_batch(stagings, frames=range(frames), width=width, height=height, device=device)
        degraded = torch.tensor(
            [random.Random(f"picture {n}").random() < DEGRADED_SHARE for n in numbers], device=device
        )
        first = torch.where(degraded[:, None, None, None], encoder.through(video[:, :, 0]), video[:, :, 0])
        parts = {
            "latents": encoder.encode(video).half(),
            "picture": encoder.encode(first[:, :, None]).half(),
            "sprite": _sprite(alpha).half(),
            "anywhere": torch.tensor(anywhere, device=device),
        }
        for name, tensor in parts.items():
            pieces.setdefault(name, []).append(tensor)
        for staging, number in zip(stagings, numbers, strict=True):
            said += wordings(staging, number)
    together: dict[str, Any] = {name: torch.cat(tensors) for name, tensors in pieces.items()}
    text = embed_all(text_encoder, said)
    bank = TextImageBank(
        **together, text=text.view(-1, WORDINGS + 1, *text.shape[1:]), nothing=nothing_said(text_encoder)
    )
    return TextImageTask(bank=bank, device=device, model=models.build_ti2v_transformer().to(device))


def _stagings(numbers: range) -> tuple[list[Staging], list[bool]]:
    stagings, anywhere = [], []
    for number in numbers:
        rng = random.Random(number)
        scene, free = rng.choice(training_scenes()), rng.random() < ANYWHERE
        stagings.append(stage(scene, number, anywhere=free))
        anywhere.append(free)
    return stagings, anywhere


def _sprite(alpha: Tensor) -> Tensor:
    """Sprite alpha `[B, 1, F, H, W]` at the latents' resolution."""
    first = F.max_pool3d(alpha[:, :, :1], (1, STRIDE, STRIDE))
    if alpha.shape[2] == 1:
        return first
    return torch.cat([first, F.max_pool3d(alpha[:, :, 1:], (4, STRIDE, STRIDE))], dim=2)

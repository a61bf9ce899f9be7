"""Trains the tiny VACE: clips that go on from known frames, fill a mask, follow a silhouette, show what a picture does.

One network over the whole schedule stands in both experts' places. A reference picture stands in front of the video as
a latent frame of its own, as in `wan.variants.vace.method`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from diffusers import WanVACETransformer3DModel
from torch import Tensor

from wan.tiny import models
from wan.tiny.draw import Staging, draw_batch, draw_on_white, stage
from wan.tiny.train.bank import WORDINGS, Encoder, sprite_in_latents, wordings
from wan.tiny.train.denoiser import SPRITE_WEIGHT, draw_text, sigma_of
from wan.tiny.train.flow import noisy, weighted
from wan.tiny.train.stages import load_encoder, load_text_encoder
from wan.tiny.train.texts import about_anything, embed_all, nothing_said
from wan.tiny.train.vace_tasks import Given, given_for, portrait_of
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH, training_scenes
from wan.variants.vace.conditions import fold_mask

FLOW_SHIFT = 5.0
ANYWHERE, DEGRADED_SHARE = 0.6, 0.5
"""Shares of clips whose sprite starts anywhere, and of those whose known pixels went through the autoencoder."""
REFERENCE_SHARE, UNNAMED_SHARE = 0.4, 0.5
"""Share of steps with a reference picture, and of their clips whose captions do not name what it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlBank:
    """N clips of R + f latent frames: latents `[N, 16, R + f, h, w]`, controls `[N, 96, R + f, h, w]`, sprites' places
    `[N, 1, R + f, h, w]`, caption embeddings `[N, WORDINGS + 1, L, D]`."""

    latents: Tensor
    control: Tensor
    sprite: Tensor
    text: Tensor
    nothing: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTask:
    """See `wan.tiny.train.flow.Task`. `banks`: without and with a reference picture."""

    banks: tuple[ControlBank, ControlBank]
    device: str
    model: WanVACETransformer3DModel = field(default_factory=models.build_vace_transformer)
    name: str = "vace"

    def draw(self, batch: int) -> tuple[Tensor, ...]:
        """Noisy latents, timesteps, text, control, target and weight."""
        return self.draw_of(self.banks[int(float(torch.rand(())) < REFERENCE_SHARE)], batch)

    def draw_of(self, bank: ControlBank, batch: int) -> tuple[Tensor, ...]:
        """The same, of clips from this bank."""
        picked = torch.randint(len(bank.latents), (batch,), device=self.device)
        sigma = sigma_of(torch.rand(batch, device=self.device), FLOW_SHIFT)
        mixed, target = noisy(bank.latents[picked].float(), sigma)
        weight = 1 + SPRITE_WEIGHT * bank.sprite[picked].float()
        control = bank.control[picked].float()
        return mixed, sigma * 1000, draw_text(bank, picked), control, target, weight / weight.mean()

    def loss(self, *inputs: Tensor) -> Tensor:
        """The weighted squared error of the predicted velocity."""
        return loss_of(self.model, *inputs)

    def compiled(self) -> Callable[..., Tensor]:
        """The loss, compiled as a whole."""
        return partial(torch.compile(loss_of), self.model)


def loss_of(
    model: WanVACETransformer3DModel, mixed: Tensor, timestep: Tensor, text: Tensor, control: Tensor, target: Tensor,
    weight: Tensor,
) -> Tensor:  # fmt: skip
    """The weighted squared error of the predicted velocity."""
    return weighted(model(mixed, timestep, text, None, control, return_dict=False)[0], target, weight)


def beside(name: str) -> str:
    """The weight of a plain transformer that a control block begins as: that of the main block it stands beside."""
    if not (place := re.fullmatch(r"vace_blocks\.(\d+)\.(.*)", name)):
        return name
    return f"blocks.{models.VACE_LAYERS[int(place[1])]}.{place[2]}"


@torch.no_grad()
def vace_task(
    out: Path, *, clips: int, seed: int, batch: int, device: str, width: int = WIDTH, height: int = HEIGHT,
    frames: int = NUM_FRAMES,
) -> ControlTask:  # fmt: skip
    """The task on new banks of clips with seeds from `seed` on; the second half of them have a reference picture."""
    encoder = load_encoder(out / "vae.pt", device, compile_it=False)
    text_encoder = load_text_encoder(out / "text.pt", device)
    nothing = nothing_said(text_encoder)
    banks = []
    for with_picture in (False, True):
        first = seed + with_picture * (clips // 2)
        pieces: dict[str, list[Tensor]] = {}
        said: list[str] = []
        for start in range(first, first + clips // 2, batch):
            numbers = range(start, start + batch)
            staged = stagings(numbers)
            video, alpha = draw_batch(staged, frames=range(frames), width=width, height=height, device=device)
            portraits = _portraits(staged, numbers, width, height, device) if with_picture else None
            for name, tensor in _encoded(encoder, video, alpha, portraits, numbers).items():
                pieces.setdefault(name, []).append(tensor.half())
            for staging, number in zip(staged, numbers, strict=True):
                said += _said(staging, number, with_picture)
        text = embed_all(text_encoder, said)
        together = {name: torch.cat(tensors) for name, tensors in pieces.items()}
        banks.append(ControlBank(**together, text=text.view(-1, WORDINGS + 1, *text.shape[1:]), nothing=nothing))
    model = models.build_vace_transformer().to(device)
    return ControlTask(banks=(banks[0], banks[1]), device=device, model=model)


def _encoded(
    encoder: Encoder, video: Tensor, alpha: Tensor, portraits: Tensor | None, numbers: range
) -> dict[str, Tensor]:
    """Latents, control and sprites' places of a batch of clips."""
    latents, sprite = encoder.encode(video), sprite_in_latents(alpha)
    given = given_for(video, alpha, numbers, with_picture=portraits is not None)
    control = _control(encoder, _degraded(encoder, latents, given, numbers))
    if portraits is not None:
        shown = encoder.encode(portraits[:, :, None])
        rest = shown.new_zeros(len(shown), control.shape[1] - shown.shape[1], *shown.shape[2:])
        control = torch.cat([torch.cat([shown, rest], dim=1), control], dim=2)
        latents = torch.cat([shown, latents], dim=2)
        sprite = torch.cat([torch.zeros_like(sprite[:, :, :1]), sprite], dim=2)
    return {"latents": latents, "control": control, "sprite": sprite}


def _control(encoder: Encoder, given: Given) -> Tensor:
    """`[B, 96, f, h, w]`, as `wan.variants.vace.conditions.control_condition` makes it of one clip."""
    anew = given.mask.expand_as(given.video)
    kept, made = encoder.encode(given.video * (1 - anew)), encoder.encode(given.video * anew)
    return torch.cat([kept, made, fold_mask(given.mask, kept.shape[2])], dim=1)


def _degraded(encoder: Encoder, latents: Tensor, given: Given, numbers: range) -> Given:
    """Known pixels of some clips as they come out of the autoencoder: what is handed on is a rendered clip's."""
    rendered = encoder.decode(latents)
    drawn = [random.Random(f"known {number}").random() < DEGRADED_SHARE for number in numbers]
    which = torch.tensor(drawn, device=rendered.device)
    known = which[:, None, None, None, None] & (given.mask == 0)
    return Given(torch.where(known, rendered, given.video), given.mask)


def stagings(numbers: range) -> list[Staging]:
    """The clips with these seeds."""
    result = []
    for number in numbers:
        rng = random.Random(number)
        result.append(stage(rng.choice(training_scenes()), number, anywhere=rng.random() < ANYWHERE))
    return result


def _portraits(stagings: Sequence[Staging], numbers: range, width: int, height: int, device: str) -> Tensor:
    """Pictures `[B, 3, H, W]` of each clip's sprite: alone on white, or in another place."""
    shown = [portrait_of(staging.scene, number) for staging, number in zip(stagings, numbers, strict=True)]
    elsewhere = draw_batch(shown, frames=[0], width=width, height=height, device=device)[0][:, :, 0]
    alone = draw_on_white(shown, width=width, height=height, device=device)
    white = torch.tensor([random.Random(f"white {number}").random() < 0.6 for number in numbers], device=device)
    return torch.where(white[:, None, None, None], alone, elsewhere)


def _said(staging: Staging, number: int, with_picture: bool) -> list[str]:
    rng = random.Random(f"said {number}")
    if not with_picture or rng.random() >= UNNAMED_SHARE:
        return wordings(staging, number)
    return [about_anything(staging.scene.place, staging.scene.light, rng, staging.scene.motion) for _ in range(4)]

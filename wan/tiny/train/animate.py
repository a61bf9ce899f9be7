"""Trains the tiny Animate: figures in looks and dances drawn by code, conditions as the pipeline makes them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wan.tiny import figures, models
from wan.tiny.train.bank import Encoder, sprite_in_latents
from wan.tiny.train.denoiser import sigma_of
from wan.tiny.train.flow import noisy, weighted
from wan.tiny.train.stages import load_encoder, load_text_encoder
from wan.tiny.train.texts import about_anything, embed_all, nothing_said
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH

FLOW_SHIFT = 5.0
NO_CAPTION, LATER_SHARE, DEGRADED_SHARE = 0.2, 0.5, 0.5
"""Shares of steps without a caption, of clips that go on from another, and of their first frames that went through the
autoencoder, as a clip's own frames have."""
FIGURE_WEIGHT = 4.0
CLIP_SIZE = 224
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimateBank:
    """N clips of `f` latent frames: latents with the reference in front `[N, 16, 1 + f, h, w]`, condition
    `[N, 20, 1 + f, h, w]`, pose latents `[N, 16, f, h, w]`, the figure's place `[N, 1, 1 + f, h, w]`, mouth openings
    `[N, F]`, references as the image encoder sees them `[N, 3, 224, 224]`, caption embeddings `[N, L, D]`."""

    latents: Tensor
    condition: Tensor
    pose: Tensor
    figure: Tensor
    opening: Tensor
    image: Tensor
    text: Tensor
    nothing: Tensor


class AnimateModel(nn.Module):
    """The transformer and the image encoder, trained together."""

    def __init__(self) -> None:
        super().__init__()
        self.transformer = models.build_animate_transformer()
        self.image_encoder = models.build_image_encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimateTask:
    """See `wan.tiny.train.flow.Task`."""

    bank: AnimateBank
    device: str
    model: AnimateModel = field(default_factory=AnimateModel)
    name: str = "animate"

    def draw(self, batch: int) -> tuple[Tensor, ...]:
        """Noisy input, σ, text, image, pose, face, target and weight."""
        bank = self.bank
        picked = torch.randint(len(bank.latents), (batch,), device=self.device)
        sigma = sigma_of(torch.rand(batch, device=self.device), FLOW_SHIFT)
        mixed, target = noisy(bank.latents[picked].float(), sigma)
        inputs = torch.cat([mixed, bank.condition[picked].float()], dim=1)
        none = bank.nothing[torch.randint(len(bank.nothing), (batch,), device=self.device)]
        drop = torch.rand(batch, device=self.device) < NO_CAPTION
        text = torch.where(drop[:, None, None], none, bank.text[picked]).float()
        face = figures.draw_driving_face(bank.opening[picked])
        weight = 1 + FIGURE_WEIGHT * bank.figure[picked].float()
        tokens = self._image_tokens(bank.image[picked].float())
        return inputs, sigma, text, tokens, bank.pose[picked].float(), face, target, weight / weight.mean()

    def _image_tokens(self, image: Tensor) -> Tensor:
        with torch.autocast(image.device.type, torch.bfloat16, enabled=image.is_cuda):
            hidden: Tensor = self.model.image_encoder(pixel_values=image, output_hidden_states=True).hidden_states[-2]
        return hidden

    def loss(self, *inputs: Tensor) -> Tensor:
        """The weighted squared error of the predicted velocity."""
        mixed, sigma, text, tokens, pose, face, target, weight = inputs
        predicted = self.model.transformer(
            mixed, sigma * 1000, text, encoder_hidden_states_image=tokens, pose_hidden_states=pose,
            face_pixel_values=face, motion_encode_batch_size=len(face) * face.shape[2], return_dict=False,
        )[0]  # fmt: skip
        return weighted(predicted, target, weight)

    def compiled(self) -> Callable[..., Tensor]:
        """The loss, compiled."""
        # block by block: the pose is added in place, which compiled gradients of the whole stumble over
        self.model.transformer.compile_repeated_blocks()
        return self.loss


def clip_input(picture: Tensor) -> Tensor:
    """Pictures `[B, 3, H, W]` in −1 to 1 as the image encoder sees them: stretched to 224×224, bicubic, normalised."""
    small = F.interpolate(picture, (CLIP_SIZE, CLIP_SIZE), mode="bicubic", align_corners=False)
    mean, std = (small.new_tensor(values)[:, None, None] for values in (CLIP_MEAN, CLIP_STD))
    return (small * 0.5 + 0.5 - mean) / std


def smooth_openings(count: int, frames: int, generator: torch.Generator, device: str) -> Tensor:
    """Mouths that open and close somehow, `[count, frames]` 0 to 1."""
    knots = torch.rand(count, 1, frames // 3 + 2, generator=generator, device=device)
    return F.interpolate(knots, size=frames, mode="linear", align_corners=True)[:, 0]


def animate_task(out: Path, *, device: str, **how: Any) -> AnimateTask:
    """The task on a new bank; `how` as for `build_animate_bank`."""
    bank = build_animate_bank(out, device=device, **how)
    return AnimateTask(bank=bank, device=device, model=AnimateModel().to(device))


@torch.no_grad()
def build_animate_bank(
    out: Path, *, clips: int, seed: int, batch: int, device: str, width: int = WIDTH,
    height: int = HEIGHT, frames: int = NUM_FRAMES,
) -> AnimateBank:  # fmt: skip
    """Draws and encodes clips with seeds from `seed` on, looks of training only."""
    encoder = load_encoder(out / "vae.pt", device, compile_it=False)
    text_encoder = load_text_encoder(out / "text.pt", device)
    pieces: dict[str, list[Tensor]] = {}
    said: list[str] = []
    for start in range(seed, seed + clips, batch):
        made, captions = _some(encoder, range(start, start + batch), device, width, height, frames)
        said += captions
        for name, tensor in made.items():
            pieces.setdefault(name, []).append(tensor.half())
    together = {name: torch.cat(tensors) for name, tensors in pieces.items()}
    return AnimateBank(**together, text=embed_all(text_encoder, said), nothing=nothing_said(text_encoder))


def _some(
    encoder: Encoder, numbers: range, device: str, width: int, height: int, frames: int
) -> tuple[dict[str, Tensor], list[str]]:
    rngs = [random.Random(f"animate {number}") for number in numbers]
    generator = torch.Generator(device).manual_seed(numbers.start)
    looks = [figures.random_look(rng, held_out=False) for rng in rngs]
    dances = [figures.random_motion(number) for number in numbers]
    others = [figures.random_motion(number + 10**8) for number in numbers]
    begin = torch.tensor([rng.randrange(0, 200) for rng in rngs])
    joints = torch.cat(
        [
            figures.joints_of([dance], range(int(b), int(b) + frames), device)
            for dance, b in zip(dances, begin, strict=True)
        ]
    )
    standing = figures.joints_of(others, [0], device)
    phase = torch.tensor([rng.uniform(0, 6.28) for rng in rngs], device=device)
    sizes = torch.tensor([d.size for d in dances], device=device)
    opening = smooth_openings(len(rngs), frames, generator, device)
    video, cover = figures.draw_figures(looks, joints, sizes, phase, opening, width=width, height=height)
    reference, around = figures.draw_figures(
        looks, standing, torch.tensor([d.size for d in others], device=device), phase, opening[:, -1:].flip(0),
        width=width, height=height,
    )  # fmt: skip
    known = encoder.encode(reference)
    later = torch.tensor([rng.random() < LATER_SHARE for rng in rngs], device=device)
    degraded = torch.tensor([rng.random() < DEGRADED_SHARE for rng in rngs], device=device)[:, None, None, None]
    first = torch.where(degraded, encoder.through(video[:, :, 0]), video[:, :, 0])
    carried = torch.zeros_like(video)
    carried[:, :, 0] = torch.where(later[:, None, None, None], first, 0.0)
    earlier = encoder.encode(carried)
    mask = torch.zeros(len(rngs), 4, 1 + earlier.shape[2], *earlier.shape[3:], device=device)
    mask[:, :, 0], mask[:, :, 1] = 1.0, later.float()[:, None, None, None]
    captions = [about_anything(look.place, look.light, rng) for look, rng in zip(looks, rngs, strict=True)]
    return {
        "latents": torch.cat([known, encoder.encode(video)], dim=2),
        "condition": torch.cat([mask, torch.cat([known, earlier], dim=2)], dim=1),
        "pose": encoder.encode(figures.draw_driving(joints, width=width, height=height)),
        "figure": torch.cat([sprite_in_latents(around), sprite_in_latents(cover)], dim=2),
        "opening": opening,
        "image": clip_input(reference[:, :, 0]),
    }, captions

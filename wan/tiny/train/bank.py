"""Clips drawn and encoded once into memory: what the transformers train on."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from diffusers import AutoencoderKLWan
from torch import Tensor
from torch.nn import functional as F
from transformers import UMT5EncoderModel

from wan.tiny import captions
from wan.tiny.draw import Staging, draw_batch, stage
from wan.tiny.tokens import build_tokenizer
from wan.tiny.train import sequence
from wan.tiny.train.text import embed
from wan.tiny.world import NUM_FRAMES, training_scenes
from wan.variants.i2v.condition import known_frames_mask

WORDINGS = 3
"""Full captions of a clip; the row after them is a partial one."""
ANYWHERE = {"t2v": 0.0, "i2v": 0.6}
LAST_IMAGE_SHARE, DEGRADED_SHARE = 0.4, 0.5
"""I2V: share of clips conditioned on their last frame too; share whose images went through the autoencoder, as a
hand-off's have."""


@dataclass(slots=True)
class Bank:
    """N clips: normalised latents `[N, 16, f, h, w]`, the sprite's place in them `[N, 1, f, h, w]`, and, for I2V, the
    condition `[N, 20, f, h, w]` (4 mask channels, 16 of latents); caption embeddings `[N, WORDINGS + 1, L, D]`."""

    latents: Tensor
    sprite: Tensor
    condition: Tensor | None
    text: Tensor
    nothing: Tensor


def condition_video(first: Tensor, last: Tensor, with_last: Tensor, frames: int) -> Tensor:
    """`[B, 3, F, H, W]`: the first image, grey (0) between, and the last image where `with_last` `[B]` says so."""
    video = first.new_zeros(*first.shape[:2], frames, *first.shape[2:])
    video[:, :, 0] = first
    video[:, :, -1] = torch.where(with_last[:, None, None, None], last, video[:, :, -1])
    return video


def sprite_in_latents(alpha: Tensor) -> Tensor:
    """Sprite alpha `[B, 1, F, H, W]` at the latents' resolution."""
    first = F.max_pool3d(alpha[:, :, :1], (1, 8, 8))
    if alpha.shape[2] == 1:
        return first
    return torch.cat([first, F.max_pool3d(alpha[:, :, 1:], (4, 8, 8))], dim=2)


def stagings_for(task: str, numbers: range) -> list[Staging]:
    """The clips with these seeds."""
    result = []
    for number in numbers:
        rng = random.Random(number)
        result.append(stage(rng.choice(training_scenes()), number, anywhere=rng.random() < ANYWHERE[task]))
    return result


class Encoder:
    """The frozen autoencoder in both directions over whole clips, in normalised latents."""

    def __init__(self, vae: AutoencoderKLWan, *, compile_it: bool):
        self.vae = sequence.channels_last(vae).eval()
        self.mean, self.std = sequence.latent_statistics(vae)
        self._moments = torch.compile(sequence.encode_moments) if compile_it else sequence.encode_moments

    @torch.no_grad()
    def encode(self, video: Tensor) -> Tensor:
        video = video.contiguous(memory_format=torch.channels_last_3d)
        with torch.autocast(video.device.type, torch.bfloat16, enabled=video.is_cuda):
            mean = self._moments(self.vae, video)[0]
        return (mean.float() - self.mean) / self.std

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        with torch.autocast(latents.device.type, torch.bfloat16, enabled=latents.is_cuda):
            video = sequence.decode(self.vae, latents.float() * self.std + self.mean)
        return video.float().clamp(-1, 1)

    @torch.no_grad()
    def through(self, images: Tensor) -> Tensor:
        """Images `[B, 3, H, W]` after encoding and decoding, as a hand-off's frames are."""
        with torch.autocast(images.device.type, torch.bfloat16, enabled=images.is_cuda):
            mean = sequence.encode_moments(self.vae, images[:, :, None])[0]
            video = sequence.decode(self.vae, mean)
        return video[:, :, 0].float().clamp(-1, 1)


def build_bank(
    task: str,
    encoder: Encoder,
    text_encoder: UMT5EncoderModel,
    *,
    clips: int,
    seed: int,
    batch: int,
    device: str,
    width: int,
    height: int,
    frames: int = NUM_FRAMES,
) -> Bank:
    """Draws clips with seeds from `seed` on and encodes them."""
    latents, sprites, conditions = [], [], []
    said: list[str] = []
    for start in range(0, clips, batch):
        numbers = range(seed + start, seed + start + batch)
        stagings = stagings_for(task, numbers)
        video, alpha = draw_batch(stagings, frames=range(frames), width=width, height=height, device=device)
        encoded = encoder.encode(video)
        latents.append(encoded.half())
        sprites.append(sprite_in_latents(alpha).half())
        if task == "i2v":
            conditions.append(_condition(encoder, video, numbers).half())
        for staging, number in zip(stagings, numbers, strict=True):
            said += wordings(staging, number)
    text = _embed_all(text_encoder, said).view(len(latents) * batch, WORDINGS + 1, *_text_shape(text_encoder))
    nothing = _embed_all(text_encoder, ["", "", "", "", *captions.NEGATIVES])
    condition = torch.cat(conditions) if conditions else None
    return Bank(torch.cat(latents), torch.cat(sprites), condition, text, nothing)


def _condition(encoder: Encoder, video: Tensor, numbers: range) -> Tensor:
    rngs = [random.Random(f"condition {number}") for number in numbers]
    with_last = torch.tensor([rng.random() < LAST_IMAGE_SHARE for rng in rngs], device=video.device)
    degraded = torch.tensor([rng.random() < DEGRADED_SHARE for rng in rngs], device=video.device)[:, None, None, None]
    first = torch.where(degraded, encoder.through(video[:, :, 0]), video[:, :, 0])
    last = torch.where(degraded, encoder.through(video[:, :, -1]), video[:, :, -1])
    known = encoder.encode(condition_video(first, last, with_last, video.shape[2]))
    masks = torch.cat([known_frames_mask(video.shape[2], flag) for flag in with_last.tolist()]).to(known)
    return torch.cat([masks.expand(-1, -1, -1, *known.shape[-2:]), known], dim=1)


def wordings(staging: Staging, number: int) -> list[str]:
    """`WORDINGS` captions of a clip and a partial one."""
    rng = random.Random(f"captions {number}")
    full = [captions.caption(staging.scene, rng) for _ in range(WORDINGS)]
    return [*full, captions.partial_caption(staging.scene, rng)[0]]


def _text_shape(text_encoder: UMT5EncoderModel) -> tuple[int, int]:
    return build_tokenizer().model_max_length, text_encoder.config.d_model


def _embed_all(text_encoder: UMT5EncoderModel, texts: list[str]) -> Tensor:
    tokenizer = build_tokenizer()
    pieces = [embed(text_encoder, tokenizer, texts[i : i + 2048]).half() for i in range(0, len(texts), 2048)]
    return torch.cat(pieces)

"""Trains the tiny S2V: faces that follow made-up sounds, clip after clip as `wan.variants.s2v.method` renders them.

A first clip goes on from the picture alone, later ones from the 73 frames before them; where there are fewer, grey
stands for the rest. Frame k of a shot hears the sound of its own time.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Wav2Vec2ForCTC

from wan.tiny import faces, models, sounds
from wan.tiny.train.audio import load_audio_encoder
from wan.tiny.train.bank import sprite_in_latents
from wan.tiny.train.denoiser import sigma_of
from wan.tiny.train.flow import noisy, weighted
from wan.tiny.train.stages import load_encoder, load_text_encoder
from wan.tiny.train.texts import about_anything, embed_all, nothing_said
from wan.tiny.world import FPS
from wan.variants.s2v.audio import at_feature_rate, features_of_frames, normalise
from wan.variants.s2v.clips import DROPPED_FRAMES, MOTION_FRAMES, clip_lengths
from wan.variants.s2v.transformer import WanS2VTransformer3DModel

FLOW_SHIFT = 3.0
PIECE = 32
"""Frames the model renders at once."""
NO_SOUND, NO_CAPTION, FIRST_SHARE, DEGRADED_SHARE, SHORT_SHARE = 0.1, 0.15, 0.4, 0.4, 0.2
"""Shares of steps without sound and caption, of those without a caption alone, of first clips, of clips before that
went through the autoencoder once more, and of sounds that end early."""
MOUTH_WEIGHT = 8.0
SECONDS = 8.0
STARTS = tuple(start for start, _ in clip_lengths(int(SECONDS * FPS) - PIECE, PIECE)[1:])
"""Where later clips begin in their shot, in frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechBank:
    """N clips of `PIECE` frames: latents `[N, 16, 8, h, w]`, the speaker's picture `[N, 16, 1, h, w]`, the clip before
    `[N, 16, 19, h, w]` (None for first clips), features `[N, layers, D, 32]`, where mouths are `[N, 1, 8, h, w]`,
    caption embeddings `[N, L, D]`."""

    latents: Tensor
    picture: Tensor
    motion: Tensor | None
    sound: Tensor
    mouth: Tensor
    text: Tensor
    nothing: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechTask:
    """See `wan.tiny.train.flow.Task`."""

    first: SpeechBank
    later: SpeechBank
    device: str
    model: WanS2VTransformer3DModel = field(default_factory=models.build_s2v_transformer)
    name: str = "s2v"

    def draw(self, batch: int) -> tuple[Any, ...]:
        """Noisy latents, σ, text, picture, sound, the clip before (or None), target and weight."""
        bank = self.first if float(torch.rand(())) < FIRST_SHARE else self.later
        picked = torch.randint(len(bank.latents), (batch,), device=self.device)
        sigma = sigma_of(torch.rand(batch, device=self.device), FLOW_SHIFT)
        mixed, target = noisy(bank.latents[picked].float(), sigma)
        chance = torch.rand(batch, device=self.device)
        none = bank.nothing[torch.randint(len(bank.nothing), (batch,), device=self.device)]
        text = torch.where((chance < NO_SOUND + NO_CAPTION)[:, None, None], none, bank.text[picked]).float()
        sound = bank.sound[picked].float() * (chance >= NO_SOUND)[:, None, None, None]
        weight = 1 + MOUTH_WEIGHT * bank.mouth[picked].float()
        motion = None if bank.motion is None else bank.motion[picked].float()
        return mixed, sigma, text, bank.picture[picked].float(), sound, motion, target, weight / weight.mean()

    def loss(self, *inputs: Any) -> Tensor:
        """The weighted squared error of the predicted velocity."""
        mixed, sigma, text, picture, sound, motion, target, weight = inputs
        predicted = self.model(mixed, sigma * 1000, text, picture, sound, motion, return_dict=False)[0]
        return weighted(predicted, target, weight)

    def compiled(self) -> Callable[..., Tensor]:
        """The loss, compiled."""
        # block by block: compiled gradients of the whole stumble over the sound's reshaped convolutions
        self.model.compile_repeated_blocks()
        return self.loss


def speech_task(
    out: Path, *, clips: int, seed: int, batch: int, device: str, width: int = faces.FACE_WIDTH,
    height: int = faces.FACE_HEIGHT,
) -> SpeechTask:  # fmt: skip
    """The task on new banks: `clips` later ones and two thirds as many first ones."""
    maker = _Maker(out, device, width, height)
    first = maker.bank(range(seed, seed + clips * 2 // 3 // batch * batch), batch, first=True)
    later = maker.bank(range(seed + clips, seed + 2 * clips), batch, first=False)
    model = models.build_s2v_transformer().to(device)
    _keep_tables(model, first.latents.shape[2:])
    return SpeechTask(first=first, later=later, device=device, model=model)


def _keep_tables(model: Any, shape: torch.Size) -> None:
    """Computes the rotary tables once: they are always the same here."""
    tables = {moving: model.rotary(*shape, with_motion=moving) for moving in (False, True)}
    model.rotary = lambda *_, with_motion: tables[with_motion]


class _Maker:
    """Draws and encodes clips, looks of training only."""

    def __init__(self, out: Path, device: str, width: int, height: int) -> None:
        self.encoder = load_encoder(out / "vae.pt", device, compile_it=False)
        self.text_encoder = load_text_encoder(out / "text.pt", device)
        self.ears = load_audio_encoder(out / "audio.pt", device)
        self.device, self.size = device, {"width": width, "height": height}
        self.looks = [look for look in faces.all_looks() if not faces.is_held_out(look)]

    @torch.no_grad()
    def bank(self, numbers: range, batch: int, *, first: bool) -> SpeechBank:
        pieces: dict[str, list[Tensor]] = {}
        said: list[str] = []
        for start in range(numbers.start, numbers.stop, batch):
            rngs = [random.Random(f"speech {number}") for number in range(start, start + batch)]
            chosen = [rng.choice(self.looks) for rng in rngs]
            stagings = [faces.stage_face(look, start + i) for i, look in enumerate(chosen)]
            make = self._first if first else self._later
            for name, tensor in make(stagings, start, rngs[0]).items():
                pieces.setdefault(name, []).append(tensor.half())
            said += [about_anything(look.place, look.light, rng) for look, rng in zip(chosen, rngs, strict=True)]
        joined = {name: torch.cat(tensors) for name, tensors in pieces.items()}
        return SpeechBank(
            motion=joined.pop("motion", None),
            **joined,
            text=embed_all(self.text_encoder, said),
            nothing=nothing_said(self.text_encoder),
        )

    def _hear(self, count: int, seed: int, rng: random.Random) -> tuple[Tensor, Tensor]:
        """Features `[count, layers, T, D]` of sounds and how far mouths are open `[count, frames]`, 0 after the end."""
        seconds = rng.uniform(2.0, SECONDS) if rng.random() < SHORT_SHARE else SECONDS
        samples = sounds.make_sounds(count, seconds, seed, self.device)
        return hear(self.ears, samples), sounds.opening_of(samples, sounds.RATE, int(SECONDS * FPS))

    def _pictures(self, stagings: list[faces.FaceStaging], seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        opening = torch.rand(len(stagings), 1, generator=generator) ** 3
        return faces.draw_faces(stagings, opening, device=self.device, **self.size)[0]

    def _first(self, stagings: list[faces.FaceStaging], seed: int, rng: random.Random) -> dict[str, Tensor]:
        features, opening = self._hear(len(stagings), seed, rng)
        picture = self._pictures(stagings, seed)
        # the frames that are dropped have the first one's sound
        opening = torch.cat([opening[:, :1].expand(-1, DROPPED_FRAMES), opening[:, : PIECE - DROPPED_FRAMES]], dim=1)
        video, mouth = faces.draw_faces(stagings, opening, device=self.device, **self.size)
        whole = torch.cat([picture, video], dim=2)
        places = sprite_in_latents(torch.cat([mouth[:, :, :1], mouth], dim=2))
        return {
            "latents": self.encoder.encode(whole)[:, :, 1:],
            "picture": self.encoder.encode(picture),
            "sound": _clip_sound(features, -DROPPED_FRAMES),
            "mouth": places[:, :, 1:],
        }

    def _later(self, stagings: list[faces.FaceStaging], seed: int, rng: random.Random) -> dict[str, Tensor]:
        features, opening = self._hear(len(stagings), seed, rng)
        start = rng.choice(STARTS)
        before = min(start, MOTION_FRAMES)
        shown = opening[:, start - before : start + PIECE]
        video, mouth = faces.draw_faces(stagings, shown, start=start - before, device=self.device, **self.size)
        grey = video.new_zeros(*video.shape[:2], MOTION_FRAMES - before, *video.shape[3:])
        whole = torch.cat([grey, video], dim=2)
        mouth = torch.cat([grey[:, :1], mouth], dim=2)
        latents = self.encoder.encode(whole)
        motion, count = latents[:, :, : -PIECE // 4], latents.shape[2] - PIECE // 4
        if rng.random() < DEGRADED_SHARE:
            seen = self.encoder.decode(motion)
            seen[:, :, : grey.shape[2]] = 0
            motion = self.encoder.encode(seen)
        return {
            "latents": latents[:, :, count:],
            "picture": self.encoder.encode(self._pictures(stagings, seed)),
            "motion": motion,
            "sound": _clip_sound(features, start),
            "mouth": sprite_in_latents(mouth)[:, :, count:],
        }


def hear(ears: Wav2Vec2ForCTC, samples: Tensor) -> Tensor:
    """Features `[B, layers, T, D]`, 30 a second, of sounds `[B, N]` at 16 kHz, as `s2v.audio` makes them."""
    heard = ears.wav2vec2(torch.stack([normalise(one) for one in samples]), output_hidden_states=True)
    states = torch.stack([*heard.hidden_states[:-1], heard.last_hidden_state], dim=1).float()
    return torch.stack([at_feature_rate(one) for one in states])


def _clip_sound(features: Tensor, start: int) -> Tensor:
    return torch.cat([features_of_frames(one, start, PIECE, FPS) for one in features])

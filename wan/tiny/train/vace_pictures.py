"""Goes on with the tiny VACE: the shape of a reference picture, taught by the network itself with the shape in words.

The frozen network at the beginning is the teacher. Both see the same noisy clip, control and picture; the teacher's
caption names what the picture shows, the pupil's does not. What the pupil is asked for is the teacher's velocity, moved
`STRENGTH` times as far as the words alone move it, as guidance would; so it must look at the picture, and nothing of
the target is left to chance. The same of what the teacher thinks in between. A reader of the picture's tokens asks them
for the shape, and is left behind.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import WanVACETransformer3DModel
from torch import Tensor, nn
from torch.nn import functional as F

from wan.tiny import captions, models
from wan.tiny.draw import draw_batch, draw_on_white
from wan.tiny.train import vace
from wan.tiny.train.bank import WORDINGS, Encoder
from wan.tiny.train.denoiser import sigma_of
from wan.tiny.train.flow import noisy, weighted
from wan.tiny.train.stages import load_encoder, load_state, load_text_encoder
from wan.tiny.train.texts import about_anything, embed_all
from wan.tiny.train.vace_tasks import portrait_of
from wan.tiny.world import COLOURS, HEIGHT, NUM_FRAMES, SHAPES, WIDTH, Scene

REFERENCE_SHARE = 0.6
"""Of the steps; the others are those of `wan.tiny.train.vace`."""
NAMED_SHARE, UNSAID_SHARE = 0.2, 0.2
"""Of clips with a picture: captions that name what it shows, and no caption at all. The rest name the place and the
motion alone."""
STRENGTH = 3.0
SPRITE_WEIGHT = 8.0
SHAPE_WEIGHT, THOUGHT_WEIGHT = 0.1, 0.3
READ_AFTER, THOUGHTS = 2, (2, 3, 4)
"""Blocks after which tokens are read and compared."""
PICTURES = 192
"""Of each shape in each colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureBank:
    """`clips`: those with pictures. `shown` `[shapes · colours, PICTURES, 16, h, w]`: what their pictures are exchanged
    for, by `what` `[N]`. Texts of each clip `[N, T, L, D]`: `named`, `unnamed`, and `thing` `[N, L, D]`, the sprite's
    name alone."""

    clips: vace.ControlBank
    what: Tensor
    shown: Tensor
    named: Tensor
    unnamed: Tensor
    thing: Tensor


class Pupil(nn.Module):
    """The transformer and the reader of its picture's tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.transformer = models.build_vace_transformer()
        width = self.transformer.config.num_attention_heads * self.transformer.config.attention_head_dim
        self.where = nn.Linear(width, 1)
        self.shape = nn.Linear(width, len(SHAPES))

    def read(self, tokens: Tensor) -> Tensor:
        """Logits `[B, shapes]` of a picture's tokens `[B, n, width]`."""
        tokens = F.layer_norm(tokens.float(), tokens.shape[-1:])
        logits: Tensor = self.shape((self.where(tokens).softmax(1) * tokens).sum(1))
        return logits


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTask:
    """See `wan.tiny.train.flow.Task`."""

    plain: vace.ControlTask
    bank: PictureBank
    teacher: WanVACETransformer3DModel
    model: Pupil
    device: str
    name: str = "vace_pictures"

    def draw(self, batch: int) -> tuple[Tensor, ...]:
        """The inputs of `vace.loss_of`, or of `_Taught`."""
        if float(torch.rand(())) >= REFERENCE_SHARE:
            return self.plain.draw_of(self.plain.banks[0], batch)
        return self._draw_taught(batch)

    def _draw_taught(self, batch: int) -> tuple[Tensor, ...]:
        bank = self.bank
        picked = torch.randint(len(bank.what), (batch,), device=self.device)
        what = bank.what[picked]
        shown = bank.shown[what, torch.randint(bank.shown.shape[1], (batch,), device=self.device)].float()
        latents, control = bank.clips.latents[picked].float(), bank.clips.control[picked].float()
        latents[:, :, 0], control[:, : shown.shape[1], 0] = shown, shown
        sigma = sigma_of(torch.rand(batch, device=self.device), vace.FLOW_SHIFT)
        mixed, _ = noisy(latents, sigma)
        weight = 1 + SPRITE_WEIGHT * bank.clips.sprite[picked].float()
        said, told = self._texts(picked)
        return mixed, sigma * 1000, said, told, control, weight / weight.mean(), what // len(COLOURS)

    def _texts(self, picked: Tensor) -> tuple[Tensor, Tensor]:
        """What the pupil is told, and what the teacher is told besides."""
        batch, bank = len(picked), self.bank
        chance = torch.rand(batch, device=self.device)[:, None, None]
        which = torch.randint(WORDINGS, (batch,), device=self.device)
        named, unnamed = bank.named[picked, which].float(), bank.unnamed[picked, which].float()
        nothing = bank.clips.nothing[torch.randint(len(bank.clips.nothing), (batch,), device=self.device)].float()
        unsaid, plain = chance < UNSAID_SHARE, chance >= 1 - NAMED_SHARE
        said = torch.where(unsaid, nothing, torch.where(plain, named, unnamed))
        return said, torch.where(unsaid, bank.thing[picked].float(), named)

    def loss(self, *inputs: Tensor) -> Tensor:
        """See `_Losses`."""
        return _Losses(self)(*inputs)

    def compiled(self) -> Callable[..., Tensor]:
        """Teacher, pupil and steps without a picture, each compiled."""
        return _Losses(self, torch.compile)


class _Losses:
    def __init__(self, task: PictureTask, wrap: Callable[[Any], Any] = lambda function: function):
        self._task = task
        self._teach, self._taught, self._plain = wrap(teach), wrap(taught_loss), wrap(vace.loss_of)

    def __call__(self, *inputs: Tensor) -> Tensor:
        model = self._task.model
        if len(inputs) == 6:
            plain: Tensor = self._plain(model.transformer, *inputs)
            return plain
        mixed, timestep, said, told, control, weight, shape = inputs
        with torch.no_grad():
            wanted, thoughts = self._teach(self._task.teacher, mixed, timestep, said, told, control)
        taught: Tensor = self._taught(model, mixed, timestep, said, control, weight, shape, wanted, thoughts)
        return taught


def teach(
    teacher: WanVACETransformer3DModel, mixed: Tensor, timestep: Tensor, said: Tensor, told: Tensor, control: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """The velocity and the tokens in between that the pupil is asked for."""
    twice = [tensor.repeat(2, *[1] * (tensor.ndim - 1)) for tensor in (mixed, timestep, control)]
    velocity, thoughts = thinking(teacher, twice[0], twice[1], torch.cat([said, told]), twice[2])
    return _moved(velocity.float()), [_moved(thought.float()) for thought in thoughts]


def _moved(both: Tensor) -> Tensor:
    without, named = both.chunk(2)
    return without + STRENGTH * (named - without)


def taught_loss(
    model: Pupil, mixed: Tensor, timestep: Tensor, said: Tensor, control: Tensor, weight: Tensor, shape: Tensor,
    wanted: Tensor, thoughts: Sequence[Tensor],
) -> Tensor:  # fmt: skip
    """The pupil's distance from the teacher, and from naming the shape."""
    velocity, own = thinking(model.transformer, mixed, timestep, said, control)
    patch = F.avg_pool3d(weight, (1, 2, 2)).flatten(2).transpose(1, 2)
    apart = [
        (patch * (mine.float() - theirs) ** 2).mean() / theirs.var() for mine, theirs in zip(own, thoughts, strict=True)
    ]
    picture = own[THOUGHTS.index(READ_AFTER)][:, : patch.shape[1] // mixed.shape[2]]
    read = F.cross_entropy(model.read(picture), shape)
    thought: Tensor = sum(apart, start=velocity.new_zeros(())) / len(apart)
    return weighted(velocity, wanted, weight) + THOUGHT_WEIGHT * thought + SHAPE_WEIGHT * read


def thinking(
    model: WanVACETransformer3DModel, mixed: Tensor, timestep: Tensor, text: Tensor, control: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """The velocity `[B, 16, f, h, w]`, as the model's own `forward` gives it, and the tokens after `THOUGHTS`."""
    frames, height, width = mixed.shape[2], mixed.shape[3] // 2, mixed.shape[4] // 2
    rotary = model.rope(mixed)
    hidden = model.patch_embedding(mixed).flatten(2).transpose(1, 2)
    shown = model.vace_patch_embedding(control).flatten(2).transpose(1, 2)
    time, modulation, text, _ = model.condition_embedder(timestep, text, None)
    modulation = modulation.unflatten(1, (6, -1))
    hints = []
    for block in model.vace_blocks:
        hint, shown = block(hidden, text, shown, modulation, rotary)
        hints.append(hint)
    after, thoughts = dict(zip(model.config.vace_layers, hints, strict=True)), []
    for number, block in enumerate(model.blocks):
        hidden = block(hidden, text, modulation, rotary)
        if number in after:
            hidden = hidden + after[number]
        if number in THOUGHTS:
            thoughts.append(hidden)
    shift, scale = (model.scale_shift_table + time.unsqueeze(1)).chunk(2, dim=1)
    hidden = (model.norm_out(hidden.float()) * (1 + scale) + shift).type_as(hidden)
    pixels = model.proj_out(hidden).unflatten(1, (frames, height, width)).unflatten(-1, (2, 2, -1))
    return pixels.permute(0, 6, 1, 2, 4, 3, 5).flatten(5, 6).flatten(3, 4), thoughts


@torch.no_grad()
def picture_task(
    out: Path, *, clips: int, seed: int, batch: int, device: str, width: int = WIDTH, height: int = HEIGHT,
    frames: int = NUM_FRAMES, pictures: int = PICTURES,
) -> PictureTask:  # fmt: skip
    """The task on new banks of clips with seeds from `seed` on, which are kept in `out` for a run that goes on; it
    begins with `vace.pt`."""
    kept = out / "vace_pictures_bank.pt"
    if not kept.exists():
        drawn = _draw(out, clips, seed, batch, device, width, height, frames, pictures)
        torch.save(drawn, kept)
    saved = torch.load(kept, map_location=device, weights_only=True)
    banks = [vace.ControlBank(**saved[name]) for name in ("plain", "clips")]
    bank = PictureBank(clips=banks[1], **saved["pictures"])
    teacher, model = models.build_vace_transformer(), Pupil()
    for own in (teacher, model.transformer):
        own.load_state_dict(load_state(out / "vace.pt"))
    teacher = teacher.to(device).eval().requires_grad_(False)
    plain = vace.ControlTask(banks=(banks[0], banks[1]), device=device, model=model.transformer)
    return PictureTask(plain=plain, bank=bank, teacher=teacher, model=model.to(device), device=device)


def _draw(
    out: Path, clips: int, seed: int, batch: int, device: str, width: int, height: int, frames: int, pictures: int
) -> dict[str, dict[str, Tensor]]:
    plain, shown = vace.vace_task(
        out, clips=clips, seed=seed, batch=batch, device=device, width=width, height=height, frames=frames
    ).banks
    scenes = [staging.scene for staging in vace.stagings(range(seed + clips // 2, seed + 2 * (clips // 2)))]
    text_encoder = load_text_encoder(out / "text.pt", device)
    rng = random.Random(seed)
    said: dict[str, list[str]] = {
        "named": [captions.caption(scene, rng) for scene in scenes for _ in range(WORDINGS)],
        "unnamed": [about_anything(s.place, s.light, rng, s.motion) for s in scenes for _ in range(WORDINGS)],
        "thing": [f"a {scene.colour} {scene.shape}" for scene in scenes],
    }
    texts = {name: embed_all(text_encoder, some) for name, some in said.items()}
    for name in ("named", "unnamed"):
        texts[name] = texts[name].view(-1, WORDINGS, *texts[name].shape[1:])
    what = [SHAPES.index(scene.shape) * len(COLOURS) + COLOURS.index(scene.colour) for scene in scenes]
    encoder = load_encoder(out / "vae.pt", device, compile_it=False)
    rest = {"what": torch.tensor(what), "shown": _pictures(encoder, pictures, seed, batch, width, height, device)}
    banks = {
        name: {key: getattr(bank, key) for key in bank.__slots__} for name, bank in (("plain", plain), ("clips", shown))
    }
    return {**banks, "pictures": rest | texts}


def _pictures(encoder: Encoder, count: int, seed: int, batch: int, width: int, height: int, device: str) -> Tensor:
    """Latents `[shapes · colours, count, 16, h, w]` of pictures, half of them on white."""
    result = []
    for thing, (shape, colour) in enumerate((s, c) for s in SHAPES for c in COLOURS):
        scene = Scene(shape, colour, "water", "noon", "rises")
        stagings = [portrait_of(scene, seed + thing * count + number) for number in range(count)]
        for start in range(0, count, batch):
            some = stagings[start : start + batch]
            half = len(some) // 2
            alone = draw_on_white(some[:half], width=width, height=height, device=device)
            placed = draw_batch(some[half:], frames=[0], width=width, height=height, device=device)[0][:, :, 0]
            result.append(encoder.encode(torch.cat([alone, placed])[:, :, None])[:, :, 0].half())
    latents = torch.cat(result)
    return latents.view(len(SHAPES) * len(COLOURS), count, *latents.shape[1:])

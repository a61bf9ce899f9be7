"""Sounds made by code, and how loud a sound is in each frame: what the tiny S2V hears.

No speech is recorded here: voices are buzzes through moving resonances, cut into syllables, words and pauses, with
hisses between them, over more or less room noise.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from wan.tiny.world import FPS

RATE = 16000
FULL_OPENING, CURVE = 2.2, 0.6
"""How loud, in root-mean-squares of the whole sound, opens a mouth fully; the exponent between shut and fully open."""


def loudness(samples: Tensor, rate: int, frames: int, *, fps: float = FPS) -> Tensor:
    """Root mean square of each of the first `frames` frames' own time, `[..., frames]`; 0 after the sound's end."""
    edges = [round(k * rate / fps) for k in range(frames + 1)]
    length = max(edges[-1], samples.shape[-1])
    squares = F.pad(samples.double(), (0, length - samples.shape[-1])) ** 2
    total = F.pad(squares.cumsum(-1), (1, 0))
    where = torch.tensor(edges, device=samples.device)
    energy = total[..., where[1:]] - total[..., where[:-1]]
    return (energy / (where[1:] - where[:-1])).clamp(min=0).sqrt().float()


def opening_of(samples: Tensor, rate: int, frames: int) -> Tensor:
    """How far a mouth is open in each frame, 0 to 1, `[..., frames]`: loudness against the whole sound's, softened."""
    level = samples.double().pow(2).mean(-1, keepdim=True).sqrt().float().clamp(min=1e-5)
    loud = loudness(samples, rate, frames) / level
    padded = F.pad(loud.reshape(-1, 1, frames), (1, 1), mode="replicate")
    soft = F.conv1d(padded, loud.new_tensor([[[0.25, 0.5, 0.25]]])).view(loud.shape)
    opened: Tensor = (soft / FULL_OPENING).clamp(0, 1) ** CURVE
    return opened


class Uniform(Protocol):
    """Draws numbers of a shape, evenly between two."""

    def __call__(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor: ...


@torch.no_grad()
def make_sounds(count: int, seconds: float, seed: int, device: str = "cpu") -> Tensor:
    """Different sounds, `[count, seconds · RATE]`, in −1 to 1; the same seed gives the same sounds on one device."""
    random = torch.Generator(device).manual_seed(seed)
    length = round(seconds * RATE)

    def uniform(*shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=random, device=device)

    envelope, hiss = _syllables(count, seconds, uniform)

    def stretch(curve: Tensor) -> Tensor:
        return F.interpolate(curve[:, None], size=length, mode="linear", align_corners=True)[:, 0]

    envelope, hiss = stretch(envelope), stretch(hiss)
    knots = max(2, round(3 * seconds))
    pitch = uniform(count, 1, low=85, high=260) * (1 + 0.18 * (stretch(uniform(count, knots)) - 0.5))
    turn = (2 * math.pi / RATE * pitch).cumsum(-1)
    formants = [stretch(uniform(count, knots * 2, low=a, high=b)) for a, b in ((250, 850), (900, 2300), (2200, 3300))]
    voice = torch.zeros(count, length, device=device)
    for harmonic in range(1, 15):
        tone = harmonic * pitch
        weight = sum(
            g / (1 + ((tone - f) / w) ** 2) for f, w, g in zip(formants, (90, 130, 200), (1.0, 0.6, 0.3), strict=True)
        )
        voice += (weight + 0.08 / harmonic) * (harmonic * turn).sin()
    noise = torch.randn(count, length, generator=random, device=device)
    noise = noise - F.pad(noise, (1, 0))[:, :-1] * uniform(count, 1, low=-0.5, high=0.9)
    floor = 10 ** uniform(count, 1, low=-4.0, high=-1.8)
    sound = envelope * (voice / voice.std(-1, keepdim=True) + 0.1 * noise) + hiss * noise + floor * noise
    peak = sound.abs().amax(-1, keepdim=True)
    return sound / peak * 10 ** uniform(count, 1, low=-1.3, high=-0.02)


def _syllables(count: int, seconds: float, draw: Uniform) -> tuple[Tensor, Tensor]:
    """Envelopes of voice and hiss at 100 Hz: syllables of 90 to 320 ms with sharp or soft edges, loud or quiet, with
    pauses after some."""
    steps, most = round(seconds * 100), math.ceil(seconds / 0.09) + 1
    lasting = draw(count, most, low=9, high=32)
    habit = draw(count, 1, low=0.05, high=0.45)
    pause = (draw(count, most) < habit) * draw(count, most, low=5, high=70)
    begin = (lasting + pause).cumsum(-1) - lasting - pause
    begin = begin + draw(count, 1, low=-20, high=50)
    loud = 10 ** draw(count, most, low=-0.9, high=0.0) * (1 - 0.3 * draw(count, most))
    edge = draw(count, most, low=1.5, high=5.0)
    hissing = (draw(count, most) < 0.25) * draw(count, most, low=0.1, high=0.6)
    time = torch.arange(steps, device=lasting.device, dtype=torch.float32)[None]
    voice, hiss = torch.zeros_like(time).expand(count, -1), torch.zeros_like(time).expand(count, -1)
    for i in range(most):
        rise = torch.sigmoid((time - begin[:, i, None] - edge[:, i, None]) / edge[:, i, None] * 2)
        fall = torch.sigmoid((begin[:, i, None] + lasting[:, i, None] - edge[:, i, None] - time) / edge[:, i, None] * 2)
        shape = rise * fall * loud[:, i, None]
        voice = voice + shape * (1 - hissing[:, i, None])
        hiss = hiss + shape * hissing[:, i, None] * 0.6
    return voice, hiss

"""A sound at another rate: a windowed sinc, evaluated where the new samples lie.

The reference leaves this to librosa (soxr). No resampler is among wanflow's dependencies, and any pair of whole rates
has to do: at most `new` different fractions of a sample occur, so the kernel is a table of that many rows.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_CROSSINGS = 48
"""Zero crossings of the sinc on either side."""
_ROLLOFF = 0.95
"""The pass band, as a share of the narrower of the two Nyquist frequencies."""
_BETA = 12.0
"""Of the Kaiser window: images and aliases are about 115 dB down."""


def resample(samples: Tensor, rate: int, new_rate: int) -> Tensor:
    """`[N]` at `rate` Hz → fp32 `[ceil(N · new_rate / rate)]`. Raises `ValueError` for rates below 1 Hz."""
    if rate < 1 or new_rate < 1:
        raise ValueError(f"a sample rate is a whole number of Hz from 1 up, not {rate}, {new_rate}")
    if rate == new_rate:
        return samples.float()
    divisor = math.gcd(rate, new_rate)
    old, new = rate // divisor, new_rate // divisor
    kernel = _kernel(old, new)
    reach = kernel.shape[1] // 2
    count = -(-len(samples) * new // old)
    resampled = torch.empty(count)
    padded = F.pad(samples.float(), (reach, reach + old))
    for phase in range(min(new, count)):  # the new samples that lie alike between old ones: `old` samples apart
        windows = padded[phase * old // new :].unfold(0, kernel.shape[1], old)
        places = resampled[phase::new]
        places.copy_(windows[: len(places)] @ kernel[phase * old % new])
    return resampled


def _kernel(old: int, new: int) -> Tensor:
    """Weights fp32 `[new, 2 · reach + 1]` of the samples around a new one, by its fraction of an old sample."""
    cutoff = min(1.0, new / old) * _ROLLOFF
    reach = math.ceil(_CROSSINGS / cutoff)
    fractions = torch.arange(new, dtype=torch.float64)[:, None] / new
    distance = torch.arange(-reach, reach + 1, dtype=torch.float64) - fractions
    inside = (1 - (distance * cutoff / _CROSSINGS) ** 2).clamp_min(0)
    window = torch.special.i0(_BETA * inside.sqrt()) / torch.special.i0(torch.tensor(_BETA, dtype=torch.float64))
    weights: Tensor = cutoff * torch.sinc(distance * cutoff) * window * (inside > 0)
    return weights.float()

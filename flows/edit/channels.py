"""Any number of channels onto two: how much of each is heard left and right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_HALF = 0.5**0.5
"""−3 dB."""
_LEFT, _RIGHT, _BOTH, _UNHEARD = (1.0, 0.0), (0.0, 1.0), (_HALF, _HALF), (0.0, 0.0)
_BESIDE_LEFT, _BESIDE_RIGHT = (_HALF, 0.0), (0.0, _HALF)

WEIGHTS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        **dict.fromkeys(("FL", "DL", "FLC", "WL"), _LEFT),
        **dict.fromkeys(("FR", "DR", "FRC", "WR"), _RIGHT),
        **dict.fromkeys(("BL", "SL", "TFL", "TBL", "TSL", "SDL", "BFL", "SSL", "TTL"), _BESIDE_LEFT),
        **dict.fromkeys(("BR", "SR", "TFR", "TBR", "TSR", "SDR", "BFR", "SSR", "TTR"), _BESIDE_RIGHT),
        **dict.fromkeys(("LFE", "LFE2"), _UNHEARD),
    }
)
"""ITU-R BS.775-4, annex 8, by FFmpeg's names of channels: surround goes to its side and the centre to both at −3 dB,
low-frequency effects are left out. What is not listed (centre, back centre, top centre, …) is heard on both sides."""


def downmix(channels: Sequence[str]) -> str | None:
    """The argument of FFmpeg's `pan` that makes two channels of these; None for two that are left and right as it is.

    No sum of weights is above 1, so that a mix cannot clip where its channels did not. One channel is as loud on both
    sides. Channels of which the file does not say what they are for are heard alike on both sides.
    """
    if tuple(channels) in (("FL", "FR"), ("NONE", "NONE"), ("DL", "DR")):
        return None
    weights = [WEIGHTS.get(channel, _BOTH) for channel in channels]
    if not any(any(pair) for pair in weights):  # nothing but effects
        weights = [_BOTH] * len(channels)
    loudest = max(sum(pair[side] for pair in weights) for side in (0, 1))
    sides = (
        "+".join(f"{pair[side] / loudest:.6f}*c{number}" for number, pair in enumerate(weights) if pair[side]) or "0*c0"
        for side in (0, 1)
    )
    return "stereo|" + "|".join(f"c{side}={sum_}" for side, sum_ in enumerate(sides))

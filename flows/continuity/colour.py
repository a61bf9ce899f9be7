"""Colour as people see it: CIE L*a*b*, and the difference of two colours by CIEDE2000."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flows.continuity.frames import Numbers

Lab = npt.NDArray[np.float64]
"""`[..., 3]`: L* 0 to 100, a*, b*."""

_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""From linear sRGB (IEC 61966-2-1)."""
_WHITE = np.array([0.95047, 1.0, 1.08883])
"""D65."""
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27


def lab(light: Numbers | npt.NDArray[np.float64]) -> Lab:
    """L*a*b* of light `[..., 3]`: linear sRGB, 0 to 1."""
    xyz = light.astype(np.float64) @ _XYZ.T / _WHITE
    bent = np.where(xyz > _EPSILON, np.cbrt(xyz), (_KAPPA * xyz + 16) / 116)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def delta_e(one: Lab, other: Lab) -> npt.NDArray[np.float64]:
    """CIEDE2000 of colours `[..., 3]`; 1 is about what can just be seen, side by side.

    G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary test
    data, and mathematical observations", Color Research & Application 30 (1), 2005; all weights 1.
    """
    mean_chroma = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(other[..., 1], other[..., 2])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(_seventh(mean_chroma))
    chroma_1, hue_1 = _polar(one, stretch)
    chroma_2, hue_2 = _polar(other, stretch)
    grey = chroma_1 * chroma_2 == 0
    turn = (hue_2 - hue_1 + 180) % 360 - 180
    turn = np.where((turn == -180) & (hue_2 > hue_1), 180.0, turn)
    turn = np.where(grey, 0.0, turn)
    lightness, chroma = (one[..., 0] + other[..., 0]) / 2, (chroma_1 + chroma_2) / 2
    far = np.abs(hue_1 - hue_2) > 180
    hue = (hue_1 + hue_2) / 2 + np.where(far, np.where(hue_1 + hue_2 < 360, 180.0, -180.0), 0.0)
    hue = np.where(grey, hue_1 + hue_2, hue)

    by_lightness = (other[..., 0] - one[..., 0]) / _of_lightness(lightness)
    by_chroma = (chroma_2 - chroma_1) / (1 + 0.045 * chroma)
    by_hue = 2 * np.sqrt(chroma_1 * chroma_2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * _of_hue(hue))
    squared = by_lightness**2 + by_chroma**2 + by_hue**2 + _rotation(chroma, hue) * by_chroma * by_hue
    return np.sqrt(np.maximum(squared, 0.0))


def _polar(colour: Lab, stretch: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Chroma and hue (degrees, 0 to 360) with a* stretched."""
    across = colour[..., 1] * stretch
    return np.hypot(across, colour[..., 2]), np.degrees(np.arctan2(colour[..., 2], across)) % 360


def _of_lightness(lightness: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    squared = (lightness - 50) ** 2
    return 1 + 0.015 * squared / np.sqrt(20 + squared)


def _of_hue(hue: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    angles, shares, times = (30, 0, -6, 63), (-0.17, 0.24, 0.32, -0.20), (1, 2, 3, 4)
    parts = [
        share * np.cos(np.radians(many * hue - angle)) for angle, share, many in zip(angles, shares, times, strict=True)
    ]
    weights: npt.NDArray[np.float64] = 1 + sum(parts, np.zeros_like(hue))
    return weights


def _rotation(chroma: npt.NDArray[np.float64], hue: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Blue is another matter."""
    turn = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    rotation: npt.NDArray[np.float64] = -np.sin(np.radians(2 * turn)) * 2 * np.sqrt(_seventh(chroma))
    return rotation


def _seventh(chroma: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    power = chroma**7
    return power / (power + 25.0**7)

"""Oklab: a space in which equal steps look about equal, and lightness and colour are apart.

Björn Ottosson, "A perceptual color space for image processing" (2020). Everything is computed in float64, so that what
is rounded to eight bits afterwards is the same on every machine.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Colours: TypeAlias = npt.NDArray[np.float64]

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONES = np.linalg.inv(_TO_CONES)
_FROM_OKLAB = np.linalg.inv(_TO_OKLAB)


def to_oklab(rgb: Colours) -> Colours:
    """sRGB 0 to 255, `[..., 3]`, as lightness 0 to 1 and the axes green to red and blue to yellow, -0.3 to 0.3."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    oklab: Colours = np.cbrt(linear @ _TO_CONES.T) @ _TO_OKLAB.T
    return oklab


def to_srgb(oklab: Colours) -> Colours:
    """The way back, 0 to 255 and not rounded; below and above for what lies outside of sRGB."""
    linear = (oklab @ _FROM_OKLAB.T) ** 3 @ _FROM_CONES.T
    bent = 1.055 * np.maximum(linear, 0.0) ** (1 / 2.4) - 0.055
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, bent)

"""Technical scores of a clip, from its pixels alone: deterministic, on the CPU, in milliseconds.

They choose between takes of the same shot; they do not judge whether the picture shows what the prompt says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""ITU-R BT.709."""

SHORT_SIDE = 144
"""Pictures are thinned to about this many pixels on the short side, so that scores mean the same at every size."""


def score_clip(frames: npt.NDArray[np.uint8]) -> Mapping[str, float]:
    """`sharpness`, `steadiness`, `exposure` and their geometric mean `quality`, each 0 to 1, of `[F, H, W, 3]`."""
    luma = _luma(frames)
    scores = {"sharpness": _sharpness(luma), "steadiness": _steadiness(luma), "exposure": _exposure(luma)}
    quality = math.prod(max(score, 1e-3) for score in scores.values()) ** (1 / len(scores))
    return {name: round(score, 6) for name, score in (*scores.items(), ("quality", quality))}


def _luma(frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    stride = max(1, min(frames.shape[1:3]) // SHORT_SIDE)
    thinned = frames[:, ::stride, ::stride].astype(np.float32)
    luma: npt.NDArray[np.float32] = thinned @ LUMA / np.float32(255)
    return luma


def _sharpness(luma: npt.NDArray[np.float32]) -> float:
    """How steep the edges are: the root mean square gradient, against the contrast there is; 0 for a flat picture."""
    energy = sum(float(np.square(np.diff(luma, axis=axis)).mean()) for axis in (1, 2))
    contrast = float(luma.std(axis=(1, 2)).mean())
    return 1 - math.exp(-2 * math.sqrt(energy) / contrast) if contrast > 1e-4 else 0.0


def _steadiness(luma: npt.NDArray[np.float32]) -> float:
    """1 for still pictures and smooth motion; flicker and jumps (the second difference in time) lower it."""
    if len(luma) < 3:
        return 1.0
    return math.exp(-10 * float(np.abs(np.diff(luma, n=2, axis=0)).mean()))


def _exposure(luma: npt.NDArray[np.float32]) -> float:
    """1 for a picture of middle brightness without crushed blacks or burnt whites."""
    clipped = float(((luma < 0.01) | (luma > 0.99)).mean())
    off_middle = abs(float(luma.mean()) - 0.45) / 0.55
    return (1 - clipped) * (1 - min(off_middle, 1.0) ** 2)

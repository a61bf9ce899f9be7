"""Frames as the measures read them: made small, as brightness that people see, and as light."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Frame: TypeAlias = npt.NDArray[np.uint8]
"""`[H, W, 3]`, sRGB."""
Numbers: TypeAlias = npt.NDArray[np.floating[Any]]

SMALL = 256
"""Pixels of the longer side that colour is compared at, at most. Pictures that differ here differ for a viewer; finer
detail is looked at by `flows.continuity.sharpness` alone, and cost does not grow with the film's size."""
TINY = 128
"""Pixels of the longer side that motion is looked for at."""
REC_709 = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Shares of red, green and blue in luminance (ITU-R BT.709)."""


def shrunk(frame: Frame, side: int) -> Frame:
    """The mean of whole squares of pixels, so that the longer side has at most `side`; what does not fill a square at
    the right and below is left out."""
    height, width = frame.shape[:2]
    times = -(-max(height, width) // side)
    if times <= 1:
        return frame
    height, width = max(1, height // times), max(1, width // times)
    times_down, times_across = min(times, frame.shape[0]), min(times, frame.shape[1])
    whole = frame[: height * times_down, : width * times_across].astype(np.uint16)
    rows = whole.reshape(height, times_down, width * times_across, 3).sum(1, dtype=np.uint32)
    sums = rows.reshape(height, width, times_across, 3).sum(2, dtype=np.uint32)
    count = times_down * times_across
    means: Frame = ((sums + count // 2) // count).astype(np.uint8)
    return means


def luma(frame: Frame) -> Numbers:
    """Brightness `[H, W]` as people see it, 0 to 1: luma of the coded values, which are about even to the eye."""
    weighed: Numbers = frame.astype(np.float32) @ (REC_709 / 255)
    return weighed


def coded(frame: Frame) -> Numbers:
    """The values themselves `[H, W, 3]`, 0 to 1."""
    return frame.astype(np.float32) / 255


def light(frame: Frame) -> float:
    """Mean relative luminance, 0 to 1: of light itself, not of its coded values."""
    return float((linear(frame) @ REC_709).mean())


def linear(frame: Frame) -> Numbers:
    """Light `[H, W, 3]`, 0 to 1, of sRGB values (IEC 61966-2-1)."""
    return _decoded()[frame]


@cache
def _decoded() -> Numbers:
    coded = np.arange(256) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4).astype(np.float32)

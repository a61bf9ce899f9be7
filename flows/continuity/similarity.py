"""How alike two pictures are in their structure: SSIM (Z. Wang et al., IEEE Transactions on Image Processing 13 (4),
2004)."""

from __future__ import annotations

import numpy as np

from flows.continuity.frames import Numbers

WINDOW = 7
"""Pixels of a window's side; every place in it has the same weight."""
_LIGHT, _CONTRAST = 0.01**2, 0.03**2
"""The constants of the paper, for values from 0 to 1."""


def similarity(one: Numbers, other: Numbers) -> float:
    """Mean SSIM of two lumas `[H, W]`, 0 to 1, each side WINDOW pixels or more: 1 for the same picture."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    mean_1, mean_2 = _means(first), _means(second)
    variance_1 = _means(first * first) - mean_1 * mean_1
    variance_2 = _means(second * second) - mean_2 * mean_2
    together = _means(first * second) - mean_1 * mean_2
    alike = (2 * mean_1 * mean_2 + _LIGHT) * (2 * together + _CONTRAST)
    of = (mean_1 * mean_1 + mean_2 * mean_2 + _LIGHT) * (variance_1 + variance_2 + _CONTRAST)
    return float((alike / of).mean())


def _means(values: np.ndarray) -> np.ndarray:
    """Over every window that lies inside."""
    sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[WINDOW:, WINDOW:] - sums[:-WINDOW, WINDOW:] - sums[WINDOW:, :-WINDOW] + sums[:-WINDOW, :-WINDOW]
    means: np.ndarray = inside / WINDOW**2
    return means

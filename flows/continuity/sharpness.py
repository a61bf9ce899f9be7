"""How much fine detail a picture has, and how much that changes over a join."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from flows.continuity.frames import Frame, luma


def detail(frame: Frame) -> float:
    """Mean absolute Laplacian of the luma at the full size, in percent of full range; 0 for pictures of two pixels."""
    picture = luma(frame)
    if min(picture.shape) < 3:
        return 0.0
    middle = picture[1:-1, 1:-1]
    around = picture[:-2, 1:-1] + picture[2:, 1:-1] + picture[1:-1, :-2] + picture[1:-1, 2:]
    return float(np.abs(around - 4 * middle).mean()) * 100


def sharpness_step(before: Sequence[Frame] | Frame, after: Sequence[Frame] | Frame) -> float:
    """How much detail is won or lost, as a share of the larger: 0 for none, 0.5 for half. Median frames of both sides
    are compared, since detail comes and goes with the frames that an autoencoder makes at once."""
    one = float(np.median([detail(frame) for frame in before]))
    other = float(np.median([detail(frame) for frame in after]))
    most = max(one, other)
    return abs(other - one) / most if most > 0.01 else 0.0

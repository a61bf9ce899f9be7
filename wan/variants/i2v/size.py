"""The size that follows a picture: I2V-A14B's rule in the reference (Wan-Video/Wan2.2, commit 42bf4cf)."""

from __future__ import annotations

import math

from wan.request import Size

_LATENT = 8  # pixels


def image_size(image: Size, max_area: int) -> Size:
    """About `max_area` pixels in the image's aspect, multiples of 16. Sizes are (width, height) in pixels."""
    width, height = image
    ratio = height / width
    rows = math.sqrt(max_area * ratio) // _LATENT // 2 * 2
    columns = math.sqrt(max_area / ratio) // _LATENT // 2 * 2
    return int(columns) * _LATENT, int(rows) * _LATENT

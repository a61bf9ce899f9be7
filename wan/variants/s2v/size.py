"""The size that follows a picture: S2V-14B's rule in the reference (Wan-Video/Wan2.2, commit 42bf4cf)."""

from __future__ import annotations

import math

from wan.request import Size

_MULTIPLE = 64


def image_size(image: Size, max_area: int) -> Size:
    """Multiples of 64, at most `max_area` pixels, never enlarged. Sizes are (width, height) in pixels."""
    width, height = image
    largest, smallest = _scales(width, height, max_area)
    for i in range(100):
        scale = largest - (largest - smallest) * i / 100
        rows = _ceil(int(height * scale))
        columns = _ceil(int(width * scale))
        if rows * columns <= max_area:
            return columns, rows
    rows = _floor((max_area * height / width) ** 0.5)
    columns = _floor((max_area * width / height) ** 0.5)
    if rows >= height or columns >= width:
        rows, columns = _floor(height), _floor(width)
    return columns, rows


def _scales(width: int, height: int, max_area: int) -> tuple[float, float]:
    pixels = height * width
    if pixels <= max_area:
        return 1.0, 0.1
    # the smallest scale still fills the area when both sides are rounded up by 63 pixels
    a, b, c = pixels, (_MULTIPLE - 1) * (height + width), (_MULTIPLE - 1) ** 2 - max_area
    return math.sqrt(max_area / pixels), (-b + math.sqrt(b**2 - 2 * a * c)) / (2 * a)


def _floor(value: float) -> int:
    return int(value // _MULTIPLE * _MULTIPLE)


def _ceil(value: int) -> int:
    return -(-value // _MULTIPLE) * _MULTIPLE

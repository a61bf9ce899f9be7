"""The size that follows a picture: TI2V-5B's rule in the reference (Wan-Video/Wan2.2, commit 42bf4cf)."""

from __future__ import annotations

from wan.request import Size

_MULTIPLE = 32


def image_size(image: Size, max_area: int) -> Size:
    """Multiples of 32, whichever rounding keeps the image's aspect better. Sizes are (width, height) in pixels."""
    width, height = image
    ratio = width / height
    ideal_width = (max_area * ratio) ** 0.5
    ideal_height = max_area / ideal_width
    width_first = _floor(ideal_width)
    by_width = (width_first, _floor(max_area / width_first))
    height_first = _floor(ideal_height)
    by_height = (_floor(max_area / height_first), height_first)

    def distortion(size: Size) -> float:
        other = size[0] / size[1]
        return max(ratio / other, other / ratio)

    return by_width if distortion(by_width) < distortion(by_height) else by_height


def _floor(value: float) -> int:
    return int(value // _MULTIPLE * _MULTIPLE)

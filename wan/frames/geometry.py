"""Lengths and sizes: which ones a variant can render, and the reference's rules for a size that follows an image.

Sizes are (width, height) in pixels. Rules: Wan-Video/Wan2.2, commit 42bf4cf.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from wan.errors import RequestError
from wan.families import Role
from wan.variants import Variant

Size = tuple[int, int]

_I2V_STRIDE = 8  # pixels per latent
_TI2V_MULTIPLE = 32
_S2V_MULTIPLE = 64


def allowed_lengths(variant: Variant, role: Role | None, near: int, *, following: bool = False) -> tuple[int, ...]:
    """The lengths in frames around `near` that can be rendered: the role's own list, or frame_step·n + 1, n ≥ 1.

    `following`: of a clip that goes on from another one of its shot, whose lengths may be others (S2V: 4·n).
    """
    listed = _listed(role, following)
    if listed:
        return tuple(sorted(listed))
    step = variant.frame_step
    rest = variant.following_frames % step if following and variant.following_frames else 1
    below = max(near - rest, step) // step * step + rest
    return (below, below + step)


def num_frames_at_least(frames: int, variant: Variant, role: Role | None = None, *, following: bool = False) -> int:
    """The smallest length the variant (as the family's `role` fills it) can render that is ≥ `frames`.

    It may be more than the variant's native length: whether to chain segments instead is the caller's decision.
    Raises `RequestError` when `frames` is not positive or more than the role's longest clip.
    """
    if frames < 1:
        raise RequestError(f"num_frames: a clip needs at least 1 frame, not {frames}")
    lengths = allowed_lengths(variant, role, frames, following=following)
    for length in lengths:
        if length >= frames:
            return length
    raise RequestError(f"num_frames: {variant.name} renders at most {lengths[-1]} frames here, not {frames}")


def longest_clip(variant: Variant, role: Role | None = None, *, following: bool = False) -> int:
    """The native length in frames, which a single clip should not exceed."""
    listed = _listed(role, following)
    if listed:
        return max(listed)
    own = role.num_frames if role is not None else None
    return (variant.following_frames if following else None) or own or variant.num_frames


def _listed(role: Role | None, following: bool) -> tuple[int, ...]:
    if role is None:
        return ()
    return role.following_lengths if following and role.following_lengths else role.lengths


def nearest_sizes(size: Size, multiple: int) -> tuple[Size, Size]:
    """The next size below and the next above whose sides are multiples of `multiple` (at least one multiple)."""
    width, height = size
    down = (max(width // multiple, 1) * multiple, max(height // multiple, 1) * multiple)
    up = (math.ceil(width / multiple) * multiple or multiple, math.ceil(height / multiple) * multiple or multiple)
    return down, up


def is_rounding_of(image: Size, size: Size, multiple: int) -> bool:
    """Whether `size` has the image's aspect but for sides cut down to multiples of `multiple`: what I2V-A14B's rule
    (`image_size_i2v`) makes of the image for some area."""
    (columns, rows), (width, height) = image, size
    return width * rows <= columns * (height + multiple) and columns * height <= rows * (width + multiple)


def image_size_i2v(image: Size, max_area: int) -> Size:
    """The size I2V-A14B renders at for an image: about `max_area` pixels in the image's aspect, multiples of 16."""
    width, height = image
    ratio = height / width
    rows = math.sqrt(max_area * ratio) // _I2V_STRIDE // 2 * 2
    columns = math.sqrt(max_area / ratio) // _I2V_STRIDE // 2 * 2
    return int(columns) * _I2V_STRIDE, int(rows) * _I2V_STRIDE


def image_size_ti2v(image: Size, max_area: int) -> Size:
    """The size TI2V-5B renders at for an image: multiples of 32, whichever rounding keeps the aspect better."""
    width, height = image
    ratio = width / height
    ideal_width = (max_area * ratio) ** 0.5
    ideal_height = max_area / ideal_width
    width_first = _floor(ideal_width, _TI2V_MULTIPLE)
    by_width = (width_first, _floor(max_area / width_first, _TI2V_MULTIPLE))
    height_first = _floor(ideal_height, _TI2V_MULTIPLE)
    by_height = (_floor(max_area / height_first, _TI2V_MULTIPLE), height_first)

    def distortion(size: Size) -> float:
        other = size[0] / size[1]
        return max(ratio / other, other / ratio)

    return by_width if distortion(by_width) < distortion(by_height) else by_height


def image_size_s2v(image: Size, max_area: int) -> Size:
    """The size S2V-14B renders at for an image: multiples of 64, at most `max_area` pixels, never enlarged."""
    width, height = image
    largest, smallest = _s2v_scales(width, height, max_area)
    for i in range(100):
        scale = largest - (largest - smallest) * i / 100
        rows = _ceil(int(height * scale), _S2V_MULTIPLE)
        columns = _ceil(int(width * scale), _S2V_MULTIPLE)
        if rows * columns <= max_area:
            return columns, rows
    rows = _floor((max_area * height / width) ** 0.5, _S2V_MULTIPLE)
    columns = _floor((max_area * width / height) ** 0.5, _S2V_MULTIPLE)
    if rows >= height or columns >= width:
        rows, columns = _floor(height, _S2V_MULTIPLE), _floor(width, _S2V_MULTIPLE)
    return columns, rows


IMAGE_SIZES: Mapping[str, Callable[[Size, int], Size]] = MappingProxyType(
    {"i2v-a14b": image_size_i2v, "ti2v-5b": image_size_ti2v, "s2v-14b": image_size_s2v}
)
"""The rule of each variant whose size follows a picture in the reference."""
MOST_NARROW = 8
"""Sides of a picture in this proportion are the most unequal that the rules are meant for."""


def _s2v_scales(width: int, height: int, max_area: int) -> tuple[float, float]:
    pixels = height * width
    if pixels <= max_area:
        return 1.0, 0.1
    # the smallest scale still fills the area when both sides are rounded up by 63 pixels
    a, b, c = pixels, (_S2V_MULTIPLE - 1) * (height + width), (_S2V_MULTIPLE - 1) ** 2 - max_area
    return math.sqrt(max_area / pixels), (-b + math.sqrt(b**2 - 2 * a * c)) / (2 * a)


def _floor(value: float, multiple: int) -> int:
    return int(value // multiple * multiple)


def _ceil(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple

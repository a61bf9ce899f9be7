"""Lengths and sizes: which ones a variant can render. Sizes are (width, height) in pixels.

The size that follows a picture is a rule of each variant (`Variant.image_size`).
"""

from __future__ import annotations

import math

from wan.errors import RequestError
from wan.families import Role
from wan.request import Size
from wan.variants import Variant

MOST_NARROW = 8
"""Sides of a picture in this proportion are the most unequal that rules for a size that follows it are meant for."""


def allowed_lengths(variant: Variant, role: Role | None, near: int, *, following: bool = False) -> tuple[int, ...]:
    """The lengths in frames around `near` that can be rendered: the role's own list, or frame_step·n + 1, n ≥ 1;
    and 1, of variants that draw stills.

    `following`: of a clip that goes on from another one of its shot, whose lengths may be others (S2V: 4·n).
    """
    listed = _listed(role, following)
    if listed:
        return tuple(sorted(listed))
    step = variant.frame_step
    if near < 1 + step and not following and variant.draws_stills:
        return (1, 1 + step)
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
    (`wan.variants.i2v.size`) makes of the image for some area."""
    (columns, rows), (width, height) = image, size
    return width * rows <= columns * (height + multiple) and columns * height <= rows * (width + multiple)

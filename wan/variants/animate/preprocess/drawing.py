"""A skeleton drawn as Animate was trained to see it: coloured limbs and joints, thin hands, on black.

Colours, widths and thresholds are those of the reference's preprocessing (Wan-Video/Wan2.2, commit 42bf4cf), which are
those of DWPose and OpenPose before it.
"""

from __future__ import annotations

import colorsys
import math

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from wan.request import Image, Size
from wan.variants.animate.preprocess.skeleton import LIMBS, Points, Skeleton

Color = tuple[int, int, int]

LEAST_SCORE = 0.5
_LIMB_SHADE = 0.6
_COLORS: tuple[Color, ...] = (
    (255, 0, 0),
    (255, 85, 0),
    (255, 170, 0),
    (255, 255, 0),
    (170, 255, 0),
    (85, 255, 0),
    (0, 255, 0),
    (0, 255, 85),
    (0, 255, 170),
    (0, 255, 255),
    (0, 170, 255),
    (0, 85, 255),
    (0, 0, 255),
    (85, 0, 255),
    (170, 0, 255),
    (255, 0, 255),
    (255, 0, 170),
    (255, 0, 85),
    (200, 200, 0),
    (100, 100, 0),
)
"""Of joints, and of the limbs of the same number, which are darker."""
_FINGERS = tuple((0 if step == 0 else base + step - 1, base + step) for base in (1, 5, 9, 13, 17) for step in range(4))
_FINGERTIP: Color = (0, 0, 255)


def draw_pose(skeleton: Skeleton, size: Size) -> Image:
    """The skeleton on black, uint8 `[H, W, 3]` of `size` (width, height)."""
    canvas = PillowImage.new("RGB", size)
    pen = ImageDraw.Draw(canvas)
    width = max(min(size) // 200 - 1, 1)
    _draw_body(pen, skeleton.body, width)
    for hand in (skeleton.left_hand, skeleton.right_hand):
        _draw_hand(pen, hand, max(width // 2, 1))
    return np.asarray(canvas)


def _draw_body(pen: ImageDraw.ImageDraw, body: Points, width: int) -> None:
    for (start, end), color in zip(LIMBS, _COLORS, strict=False):
        if min(body[start, 2], body[end, 2]) >= LEAST_SCORE:
            shade = tuple(int(value * _LIMB_SHADE) for value in color)
            pen.polygon(_ellipse(body[start], body[end], width), fill=shade)
    for point, color in zip(body, _COLORS, strict=True):
        if point[2] >= LEAST_SCORE:
            _disc(pen, point, width, color)


def _draw_hand(pen: ImageDraw.ImageDraw, hand: Points, width: int) -> None:
    for number, (start, end) in enumerate(_FINGERS):
        if _visible(hand[start]) and _visible(hand[end]):
            red, green, blue = colorsys.hsv_to_rgb(number / len(_FINGERS), 1.0, 1.0)
            color = (round(red * 255), round(green * 255), round(blue * 255))
            ends = [(int(hand[place, 0]), int(hand[place, 1])) for place in (start, end)]
            pen.line(ends, fill=color, width=width)
    for point in hand:
        if _visible(point):
            _disc(pen, point, width, _FINGERTIP)


def _visible(point: Points) -> bool:
    """Hands are not drawn at or beyond the left and upper edge, where a pose model puts points it does not see."""
    return bool(point[2] >= LEAST_SCORE and int(point[0]) > 0 and int(point[1]) > 0)


def _disc(pen: ImageDraw.ImageDraw, point: Points, radius: int, color: Color) -> None:
    x, y = int(point[0]), int(point[1])
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def _ellipse(start: Points, end: Points, width: int) -> list[tuple[float, float]]:
    """The outline of a thin ellipse between two points, its small half-axis `width` pixels."""
    (x0, y0), (x1, y1) = start[:2].tolist(), end[:2].tolist()
    angle = math.atan2(y0 - y1, x0 - x1)
    half = int(math.hypot(x0 - x1, y0 - y1) / 2)
    middle_x, middle_y = int((x0 + x1) / 2), int((y0 + y1) / 2)
    cosine, sine = math.cos(angle), math.sin(angle)
    outline = []
    for degrees in range(0, 360, 2):
        along, across = half * math.cos(math.radians(degrees)), width * math.sin(math.radians(degrees))
        place = (middle_x + along * cosine - across * sine, middle_y + along * sine + across * cosine)
        outline.append((round(place[0]), round(place[1])))
    return [(float(x), float(y)) for x, y in outline]

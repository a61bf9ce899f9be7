"""Sizes and aspects of pictures, and what to write where a size is written as other programs call it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from flows.storyboard.context import Context, Schema, filled, or_template, wrong
from flows.storyboard.model import Size
from flows.storyboard.nodes import Node
from flows.storyboard.words import FROM_IMAGE
from wan.variants import VARIANTS

FILM_MULTIPLE = math.gcd(*(variant.size_multiple for variant in VARIANTS.values()))
"""Of a film's sides. Variants that need larger ones render at their nearest size, and the edit scales and crops."""

_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})\Z")
_LIKE_SIZE = re.compile(r"(\d{3,6})\s*(?:[xX*×/:;]|,\s*|by)\s*(\d{3,6})\s*(?:px|pixels)?\Z")
_ASPECT = re.compile(r"(\d{1,3}):(\d{1,3})\Z")

_CALLED = {
    "360p": Size(640, 360),
    "480p": Size(832, 480),
    "sd": Size(832, 480),
    "540p": Size(960, 540),
    "720p": Size(1280, 720),
    "hd": Size(1280, 720),
    "1080p": Size(1920, 1080),
    "fullhd": Size(1920, 1080),
    "fhd": Size(1920, 1080),
    "1440p": Size(2560, 1440),
    "2k": Size(2560, 1440),
    "2160p": Size(3840, 2160),
    "4k": Size(3840, 2160),
    "uhd": Size(3840, 2160),
    "landscape": Size(1280, 720),
    "portrait": Size(720, 1280),
    "vertical": Size(720, 1280),
    "square": Size(960, 960),
}
"""What sizes are called elsewhere; 480p is the models' own."""

_LARGEST = Size(1280, 720)
"""The largest that the models were made for: a larger film is rendered at it and enlarged where it is delivered."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture size, width first; both even, as H.264 wants them. `film`: shots are rendered at it, and it may follow
    a picture."""

    film: bool = False

    def read(self, node: Node, context: Context, key: str) -> Size | str | None:
        text = filled(node, context, key, self)
        if text is None:
            return None
        if self.film and text.value == FROM_IMAGE:
            return FROM_IMAGE
        match = _SIZE.match(text.value)
        if not match:
            wrong(text, context, key, self, self._meant(text.value))
            return None
        width, height = int(match[1]), int(match[2])
        if not _possible(width, height):
            context.problems.add(text, f"{key} {text.value}: each side must have 16 to 8192 pixels")
            return None
        if width % 2 or height % 2:
            fix = f"write {_nearest(width, height, FILM_MULTIPLE if self.film else 2)}"
            context.problems.add(text, f"{key} {text.value}: both sides must be even", fix)
            return None
        return Size(width, height)

    def _meant(self, written: str) -> str | None:
        """What to write instead of what is not a size: nothing that would be refused again."""
        size = _CALLED.get(re.sub(r"[\s_-]", "", written.lower()))
        if size is None and (like := _LIKE_SIZE.match(written)) and _possible(int(like[1]), int(like[2])):
            size = Size(int(like[1]), int(like[2]))
        if size is not None:
            return _as_film(size) if self.film else f"write {_nearest(size.width, size.height, 2)}"
        aspect = _aspect(written)
        if aspect is None:
            return None
        return f"write {_of_aspect(*aspect)}" if self.film else f'write aspect: "{written}" instead of size'

    def schema(self) -> Schema:
        pattern = r"\d*[02468]x\d*[02468]"
        pattern = rf"^({pattern}|{FROM_IMAGE})$" if self.film else f"^{pattern}$"
        return {**or_template({"type": "string", "pattern": pattern}), "examples": ["1280x720"]}

    def words(self) -> str:
        return "a size as `1280x720`" + (f", or `{FROM_IMAGE}`" if self.film else "")


@dataclass(frozen=True, slots=True)
class Aspect:
    """Width to height."""

    def read(self, node: Node, context: Context, key: str) -> tuple[int, int] | None:
        text = filled(node, context, key, self)
        if text is None:
            return None
        aspect = _aspect(text.value)
        if aspect is None:
            wrong(text, context, key, self)
        return aspect

    def schema(self) -> Schema:
        pattern = r"^[1-9]\d{0,2}:[1-9]\d{0,2}$"
        return {**or_template({"type": "string", "pattern": pattern}), "examples": ["9:16", "1:1"]}

    def words(self) -> str:
        return 'an aspect as `"9:16"`'


def _possible(width: int, height: int) -> bool:
    return 16 <= width <= 8192 and 16 <= height <= 8192


def _aspect(text: str) -> tuple[int, int] | None:
    match = _ASPECT.match(text)
    if not match or not int(match[1]) or not int(match[2]) or not 0.1 <= int(match[1]) / int(match[2]) <= 10:
        return None
    return int(match[1]), int(match[2])


def _nearest(width: float, height: float, multiple: int) -> Size:
    """Halves go up."""
    return Size(*(max(16, math.floor(side / multiple + 0.5) * multiple) for side in (width, height)))


def _of_aspect(across: int, down: int) -> Size:
    """A film of that aspect with as many pixels as the largest."""
    pixels = _LARGEST.width * _LARGEST.height
    return _nearest(math.sqrt(pixels * across / down), math.sqrt(pixels * down / across), FILM_MULTIPLE)


def _as_film(size: Size) -> str:
    """How to come to a film of that size: by writing it, or by delivering it from one that can be rendered."""
    larger = size.width * size.height > _LARGEST.width * _LARGEST.height
    if not larger and size == _nearest(size.width, size.height, FILM_MULTIPLE):
        return f"write {size}"
    film = _of_aspect(size.width, size.height) if larger else _nearest(size.width, size.height, FILM_MULTIPLE)
    delivered = _nearest(size.width, size.height, 2)
    return f"write {film} and deliver {delivered}: deliver: [{{name: hd, size: {delivered}}}]"

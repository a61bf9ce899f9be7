"""The kinds of values that are measured: numbers, lengths of time, sizes, aspects."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from flows.storyboard.context import Context, Schema, scalar, wrong
from flows.storyboard.model import Size
from flows.storyboard.nodes import Node
from flows.storyboard.words import FROM_IMAGE

MAX_HOURS = 4
"""Hours a duration may have."""

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z")
_WHOLE = re.compile(r"[+-]?\d+\Z")
_AMOUNT = r"\d+(?:\.\d+)?"
_DURATION = rf"(?:{_AMOUNT}h)?(?:{_AMOUNT}m)?(?:{_AMOUNT}s)?(?:{_AMOUNT}ms)?"
_DURATION_RE = re.compile(rf"(-?)(?:({_AMOUNT})h)?(?:({_AMOUNT})m)?(?:({_AMOUNT})s)?(?:({_AMOUNT})ms)?\Z")
_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})\Z")
_ASPECT = re.compile(r"(\d{1,3}):(\d{1,3})\Z")


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds, both included. `whole`: no fraction. `above`: the lower bound is excluded."""

    low: float
    high: float
    whole: bool = False
    above: bool = False
    unit: str = ""

    def read(self, node: Node, context: Context, key: str) -> float | int | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        pattern = _WHOLE if self.whole else _NUMBER
        if len(text.value) > 40 or not pattern.match(text.value):
            number = float(text.value) if len(text.value) <= 40 and _NUMBER.match(text.value) else math.nan
            wrong(text, context, key, self, self._nearest(number))
            return None
        if not text.plain:
            context.problems.add(text, f"{key} must be a number, not text in quotes", f"write {text.value}")
            return None
        value = int(text.value) if self.whole else float(text.value)
        if not (self.low < value if self.above else self.low <= value) or not value <= self.high:
            wrong(text, context, key, self, self._nearest(value))
            return None
        return value

    def _nearest(self, value: float) -> str:
        """What to write instead of a number that is not allowed, or of none (`nan`)."""
        if value > self.high:
            return f"write {_plain(self.high)} or less"
        if math.isnan(value):
            return "write it in digits"
        if value < self.low or (self.above and value == self.low):
            return f"write {'more than ' if self.above else ''}{_plain(self.low)}{'' if self.above else ' or more'}"
        return f"write {_plain(round(value))}"

    def schema(self) -> Schema:
        low = "exclusiveMinimum" if self.above else "minimum"
        return {"type": "integer" if self.whole else "number", low: self.low, "maximum": self.high}

    def words(self) -> str:
        what = "a whole number" if self.whole else "a number"
        unit = f" {self.unit}" if self.unit else ""
        between = f"above {self.low:g}, at most" if self.above else f"from {self.low:g} to"
        return f"{what} {between} {_plain(self.high)}{unit}"


_IN_WORDS = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smh])(?:ecs?|econds?|ins?|inutes?|ours?)?\Z")


@dataclass(frozen=True, slots=True)
class Seconds:
    """A length of time. `zero`: nothing at all is allowed too. `longest` in seconds."""

    zero: bool = False
    longest: float = MAX_HOURS * 3600.0

    def read(self, node: Node, context: Context, key: str) -> float | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        seconds = seconds_of(text.value)
        if seconds is None:
            said = _IN_WORDS.match(text.value.lower())
            wrong(text, context, key, self, f"write {said[1]}{said[2]}" if said else "write for example 2s")
        elif seconds < 0 or (seconds == 0 and not self.zero):
            least = "0 s or longer" if self.zero else "longer than 0 s"
            context.problems.add(text, f"{key} must be {least}, not {text.value}", "write for example 2s")
        elif seconds > self.longest:
            most = f"at most {_span(self.longest)}"
            context.problems.add(text, f"{key} must be {most}, not {text.value}", "write for example 2s")
        else:
            return seconds
        return None

    def schema(self) -> Schema:
        low = "minimum" if self.zero else "exclusiveMinimum"
        number: Schema = {"type": "number", low: 0, "maximum": self.longest}
        text = {"type": "string", "pattern": rf"^(?=.){_DURATION}$|^{_AMOUNT}$"}
        return {"anyOf": [text, number], "examples": ["2s", "0.5s", "1m30s"]}

    def words(self) -> str:
        return "a length of time (`2s`, `0.5s`, `1m30s`, a number of seconds)"


_CALLED = {
    "360p": "640x360",
    "480p": "832x480",
    "sd": "832x480",
    "540p": "960x540",
    "720p": "1280x720",
    "hd": "1280x720",
    "1080p": "1920x1080",
    "fullhd": "1920x1080",
    "fhd": "1920x1080",
    "1440p": "2560x1440",
    "2k": "2560x1440",
    "2160p": "3840x2160",
    "4k": "3840x2160",
    "uhd": "3840x2160",
    "landscape": "1280x720",
    "portrait": "720x1280",
    "vertical": "720x1280",
    "square": "960x960",
}
"""What sizes are called elsewhere; 480p is the models' own."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture size, width first; both even, as H.264 wants them; or that it follows a picture."""

    from_image: bool = False

    def read(self, node: Node, context: Context, key: str) -> Size | str | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        if self.from_image and text.value == FROM_IMAGE:
            return FROM_IMAGE
        found = _SIZE.match(text.value)
        if not found:
            named = _CALLED.get(re.sub(r"[\s_-]", "", text.value.lower()))
            wrong(text, context, key, self, f"write {named}" if named else None)
            return None
        width, height = int(found[1]), int(found[2])
        if not (16 <= width <= 8192 and 16 <= height <= 8192):
            context.problems.add(text, f"{key} {text.value}: each side must have 16 to 8192 pixels")
            return None
        if width % 2 or height % 2:
            fix = f"write {width + width % 2}x{height + height % 2}"
            context.problems.add(text, f"{key} {text.value}: both sides must be even", fix)
            return None
        return Size(width, height)

    def schema(self) -> Schema:
        pattern = r"\d*[02468]x\d*[02468]"
        pattern = rf"^({pattern}|{FROM_IMAGE})$" if self.from_image else f"^{pattern}$"
        return {"type": "string", "pattern": pattern, "examples": ["1280x720"]}

    def words(self) -> str:
        return "a size as `1280x720`" + (f", or `{FROM_IMAGE}`" if self.from_image else "")


@dataclass(frozen=True, slots=True)
class Aspect:
    """Width to height."""

    def read(self, node: Node, context: Context, key: str) -> tuple[int, int] | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        found = _ASPECT.match(text.value)
        if not found or not int(found[1]) or not int(found[2]) or not 0.1 <= int(found[1]) / int(found[2]) <= 10:
            wrong(text, context, key, self)
            return None
        return int(found[1]), int(found[2])

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^[1-9]\d{0,2}:[1-9]\d{0,2}$", "examples": ["9:16", "1:1"]}

    def words(self) -> str:
        return 'an aspect as `"9:16"`'


def seconds_of(text: str) -> float | None:
    """`1m30s`, `0.5s`, `500ms`, `2` → seconds; None if it is not a length of time. A sign is kept."""
    if len(text) > 40:
        return None
    if _NUMBER.match(text):
        value = float(text)
        return value if math.isfinite(value) else math.copysign(1e18, value)
    found = _DURATION_RE.match(text)
    if not found or not any(found.groups()[1:]):
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups()[1:])
    total = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    return -total if found[1] else total


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _span(seconds: float) -> str:
    return f"{seconds / 3600:g} hours" if seconds >= 3600 else f"{seconds:g} s"

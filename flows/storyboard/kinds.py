"""The kinds of single values: text, numbers, durations, sizes, files, references."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.storyboard import words
from flows.storyboard.context import AssetKind, Context, Schema, scalar, wrong
from flows.storyboard.model import Cue, Size
from flows.storyboard.nodes import Node, Text
from flows.storyboard.problems import listed

MAX_TEXT = 20_000
"""Characters of one text; a prompt of 512 tokens has about 2,500."""

MAX_HOURS = 4
"""Hours a duration may have."""

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z")
_WHOLE = re.compile(r"[+-]?\d+\Z")
_AMOUNT = r"\d+(?:\.\d+)?"
_DURATION = rf"(?:{_AMOUNT}h)?(?:{_AMOUNT}m)?(?:{_AMOUNT}s)?(?:{_AMOUNT}ms)?"
_DURATION_RE = re.compile(rf"(-?)(?:({_AMOUNT})h)?(?:({_AMOUNT})m)?(?:({_AMOUNT})s)?(?:({_AMOUNT})ms)?\Z")
_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})\Z")
_ASPECT = re.compile(r"(\d{1,3}):(\d{1,3})\Z")
_LIKELY = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_CUE = re.compile(rf"(?:({words.ID}(?:\.{words.ID})?)\s*(?:([+-])\s*(\S+))?|(\S+))\Z")


@dataclass(frozen=True, slots=True)
class FreeText:
    """What people read or a model is told: any characters, never taken for a number or a switch."""

    templates: bool = True
    limit: int = MAX_TEXT

    def read(self, node: Node, context: Context, key: str) -> Text | None:
        text = scalar(node, context, key, self)
        if text is not None and len(text.value) > self.limit:
            message = f"{key} has {len(text.value):,} characters"
            context.problems.add(text, message, f"at most {self.limit:,} are allowed")
            return None
        return text

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean", "null"]}

    def words(self) -> str:
        return "text"


@dataclass(frozen=True, slots=True)
class Word:
    """Text of a fixed form: ids and names."""

    pattern: str
    what: str
    reserved: tuple[str, ...] = ()

    def read(self, node: Node, context: Context, key: str) -> str | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        if len(text.value) > 100 or not re.fullmatch(self.pattern, text.value):
            wrong(text, context, key, self, self._fix(text.value))
            return None
        if text.value in self.reserved:
            context.problems.add(text, f"{key} cannot be '{text.value}': the word has a meaning", "choose another name")
            return None
        return text.value

    def _fix(self, value: str) -> str | None:
        simple = re.sub(r"[^a-z0-9_-]+", "-", value.lower()).strip("-_")[:40]
        return f"for example {simple}" if re.fullmatch(self.pattern, simple) else None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{self.pattern}$"}

    def words(self) -> str:
        return self.what


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a table."""

    table: Mapping[str, str]

    def read(self, node: Node, context: Context, key: str) -> str | None:
        text = scalar(node, context, key, self)
        if text is None or text.value in self.table:
            return text.value if text else None
        near = context.problems.nearest(text.value, self.table)
        fix = f"did you mean {near}?" if near else f"one of {listed(self.table, 40)}"
        context.problems.add(text, f"unknown {key} '{text.value[:60]}'", fix)
        return None

    def schema(self) -> Schema:
        return {"enum": list(self.table)}

    def words(self) -> str:
        return "one of " + ", ".join(f"`{name}`" for name in self.table)


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
            wrong(text, context, key, self)
            return None
        if not text.plain:
            context.problems.add(text, f"{key} must be a number, not text in quotes", f"write {text.value}")
            return None
        value = int(text.value) if self.whole else float(text.value)
        if not (self.low < value if self.above else self.low <= value) or not value <= self.high:
            wrong(text, context, key, self)
            return None
        return value

    def schema(self) -> Schema:
        low = "exclusiveMinimum" if self.above else "minimum"
        return {"type": "integer" if self.whole else "number", low: self.low, "maximum": self.high}

    def words(self) -> str:
        what = "a whole number" if self.whole else "a number"
        unit = f" {self.unit}" if self.unit else ""
        low = f"above {self.low:g}" if self.above else f"from {self.low:g}"
        return f"{what} {low} to {_plain(self.high)}{unit}"


@dataclass(frozen=True, slots=True)
class Version:
    """The version of the language."""

    version: int

    def read(self, node: Node, context: Context, key: str) -> int | None:
        text = scalar(node, context, key, self)
        if text is None or (text.plain and text.value == str(self.version)):
            return self.version if text else None
        message = f"version {text.value[:20]!r} of the storyboard language is not known"
        context.problems.add(text, message, f"this wanflow reads storyboard: {self.version}")
        return None

    def schema(self) -> Schema:
        return {"const": self.version}

    def words(self) -> str:
        return f"`{self.version}`"


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false, as YAML 1.2 has it."""

    def read(self, node: Node, context: Context, key: str) -> bool | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        if not text.plain or text.value.lower() not in ("true", "false"):
            likely = _LIKELY.get(text.value.lower())
            wrong(text, context, key, self, f"write {likely}" if likely else None)
            return None
        return text.value.lower() == "true"

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def words(self) -> str:
        return "`true` or `false`"


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
            wrong(text, context, key, self)
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


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture size, width first; both even, as H.264 wants them."""

    def read(self, node: Node, context: Context, key: str) -> Size | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        found = _SIZE.match(text.value)
        if not found:
            wrong(text, context, key, self)
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
        return {"type": "string", "pattern": r"^\d*[02468]x\d*[02468]$", "examples": ["1280x720"]}

    def words(self) -> str:
        return "a size as `1280x720`"


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


@dataclass(frozen=True, slots=True)
class Asset:
    """A file beside the storyboard."""

    kind: AssetKind

    def read(self, node: Node, context: Context, key: str) -> Path | None:
        text = scalar(node, context, key, self)
        return context.assets.find(text, self.kind) if text else None

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1}

    def words(self) -> str:
        return {"image": "a picture file", "video": "a video file", "audio": "a sound file"}[self.kind]


@dataclass(frozen=True, slots=True)
class ShotReference:
    """Another shot: `previous`, `shot`, or `scene.shot`. It is looked up when all ids are known."""

    def read(self, node: Node, context: Context, key: str) -> Text | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        if not re.fullmatch(rf"{words.ID}(?:\.{words.ID})?", text.value):
            wrong(text, context, key, self)
            return None
        return text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": rf"^{words.ID}(\.{words.ID})?$"}

    def words(self) -> str:
        return "`previous`, a shot's id, or `scene.shot`"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the film: seconds from its start, or a shot's start with seconds more or less."""

    def read(self, node: Node, context: Context, key: str) -> tuple[Text, Cue] | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        found = _CUE.match(text.value.strip())
        offset = seconds_of(found[3] or found[4] or "0") if found else None
        if found is None or offset is None or offset < 0:
            wrong(text, context, key, self)
            return None
        return text, Cue(found[1], -offset if found[2] == "-" else offset)

    def schema(self) -> Schema:
        return {"type": ["string", "number"], "examples": ["0s", "river.drift + 0.5s"]}

    def words(self) -> str:
        return "a moment as `1.5s`, `scene.shot`, or `scene.shot + 0.5s`"


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

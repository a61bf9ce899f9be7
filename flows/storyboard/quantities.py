"""The kinds of values that are measured: numbers and lengths of time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from flows.limits import Bounds
from flows.storyboard.context import TEMPLATE, Context, Schema, filled, or_template, wrong
from flows.storyboard.nodes import Node

MAX_HOURS = 4
"""Hours a duration may have."""

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z")
_WHOLE = re.compile(r"[+-]?\d+\Z")
_AMOUNT = r"\d+(?:\.\d+)?"
_DURATION = rf"(?:{_AMOUNT}h)?(?:{_AMOUNT}m)?(?:{_AMOUNT}s)?(?:{_AMOUNT}ms)?"
_DURATION_RE = re.compile(rf"(-?)(?:({_AMOUNT})h)?(?:({_AMOUNT})m)?(?:({_AMOUNT})s)?(?:({_AMOUNT})ms)?\Z")
_COMMA = re.compile(r"(?<=\d),\s*(?=\d)")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\Z")
_WITH_UNIT = re.compile(r"(\S{1,40}?)\s*(?:fps|hz|p|frames?|steps?|takes?|db|x)\Z", re.IGNORECASE)
"""A number with what it counts behind it: `30fps`, `-6 dB`."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds, both included. `whole`: no fraction. `above`: the lower bound is excluded."""

    low: float
    high: float
    whole: bool = False
    above: bool = False
    unit: str = ""

    @classmethod
    def within(cls, bounds: Bounds, *, whole: bool = False) -> Number:
        """A number within bounds that the configuration knows too."""
        return cls(bounds.least, bounds.greatest, whole=whole, above=bounds.above)

    def read(self, node: Node, context: Context, key: str) -> float | int | None:
        text = filled(node, context, key, self)
        if text is None:
            return None
        pattern = _WHOLE if self.whole else _NUMBER
        if len(text.value) > 40 or not pattern.match(text.value):
            wrong(text, context, key, self, self._meant(text.value))
            return None
        if not text.plain:
            context.problems.add(text, f"{key} must be a number, not text in quotes", f"write {text.value}")
            return None
        value = int(text.value) if self.whole else float(text.value)
        if not (self.low < value if self.above else self.low <= value) or not value <= self.high:
            wrong(text, context, key, self, self._nearest(value))
            return None
        return value

    def _meant(self, written: str) -> str:
        """What to write instead of what is not a number of this kind."""
        if self.whole and _THOUSANDS.match(written):
            return f"no comma between the digits: {self._meant(written.replace(',', ''))}"
        if pointed := with_point(written):
            return self._meant(pointed) if self.whole else f"a decimal point, not a comma: {self._meant(pointed)}"
        unit = _WITH_UNIT.match(written)
        digits = unit[1] if unit else written
        value = float(digits) if len(digits) <= 40 and _NUMBER.match(digits) else math.nan
        within = self.low < value if self.above else self.low <= value
        if within and value <= self.high and not (self.whole and value != int(value)):
            return f"write {_plain(value)}"
        return self._nearest(value)

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
        return or_template({"type": "integer" if self.whole else "number", low: self.low, "maximum": self.high})

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
        text = filled(node, context, key, self)
        if text is None:
            return None
        seconds = seconds_of(text.value)
        if seconds is None:
            wrong(text, context, key, self, _time_meant(text.value))
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
        return {"anyOf": [text, number, TEMPLATE], "examples": ["2s", "0.5s", "1m30s"]}

    def words(self) -> str:
        return "a length of time (`2s`, `0.5s`, `1m30s`, a number of seconds)"


def with_point(text: str) -> str | None:
    """`1,5s` → `1.5s`; None if there is not one comma between digits."""
    pointed, commas = _COMMA.subn(".", text[:100])
    return pointed if commas == 1 and pointed.count(".") == 1 else None


def _time_meant(written: str) -> str:
    """What to write instead of what is not a length of time."""
    if pointed := with_point(written):
        meant = f"write {pointed}" if seconds_of(pointed) is not None else _time_meant(pointed)
        return f"a decimal point, not a comma: {meant}"
    said = _IN_WORDS.match(written.lower())
    return f"write {said[1]}{said[2]}" if said else "write for example 2s"


def seconds_of(text: str) -> float | None:
    """`1m30s`, `0.5s`, `500ms`, `2` → seconds; None if it is not a length of time. A sign is kept."""
    if len(text) > 40:
        return None
    if _NUMBER.match(text):
        value = float(text)
        return value if math.isfinite(value) else math.copysign(1e18, value)
    match = _DURATION_RE.match(text)
    if not match or not any(match.groups()[1:]):
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups()[1:])
    total = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    return -total if match[1] else total


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _span(seconds: float) -> str:
    return f"{seconds / 3600:g} hours" if seconds >= 3600 else f"{seconds:g} s"

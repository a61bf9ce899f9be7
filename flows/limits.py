"""What a value may be beyond its type: within bounds, or one of a table's names.

Settings carry theirs in their types (`Annotated[int, Bounds(0, 51)]`, `Literal["off", "local"]`), and everything that
checks or describes them reads it there. What a shot and the configuration both may say has its bounds here, once.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias
from zoneinfo import ZoneInfo

from flows.amounts import amount
from flows.moments import is_moment, span


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and greatest value allowed; `above` excludes the least itself."""

    least: float
    greatest: float = float("inf")
    above: bool = False

    def hold(self, value: float) -> bool:
        """Whether `value` lies within (not-a-number never does)."""
        return (value > self.least if self.above else value >= self.least) and value <= self.greatest

    def __str__(self) -> str:
        least = f"{'more than' if self.above else 'at least'} {self.least:g}"
        return least if self.greatest == float("inf") else f"{least} and at most {self.greatest:g}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of the names of a table that grows: families, kernels."""

    names: Collection[str]


@dataclass(frozen=True, slots=True)
class Name:
    """A short name, that can be part of a file's."""

    def wrong(self, text: str) -> str | None:
        """What is wrong with it."""
        fits = re.fullmatch(r"[a-z][a-z0-9-]{0,39}", text)
        return None if fits else f"{text} is not a name; write small letters, digits and hyphens, a letter first"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day, or a date and a time (`flows.moments`)."""

    def wrong(self, text: str) -> str | None:
        """What is wrong with it."""
        return None if is_moment(text) else f"{text} is no time; write 18:00, or 2026-01-31T18:00"


@dataclass(frozen=True, slots=True)
class Currency:
    """The code of a currency (ISO 4217)."""

    def wrong(self, text: str) -> str | None:
        """What is wrong with it."""
        fits = re.fullmatch(r"[A-Z]{3}", text)
        return None if fits else f"{text} is no currency; write its code of three capital letters, as in EUR or USD"


@dataclass(frozen=True, slots=True)
class Spending:
    """An amount of money, or hours of a GPU (`flows.amounts`)."""

    def wrong(self, text: str) -> str | None:
        """What is wrong with it."""
        try:
            amount(text)
        except ValueError as error:
            return str(error)
        return None


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its IANA name."""

    def wrong(self, text: str) -> str | None:
        """What is wrong with it."""
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):  # a name that is none, leads elsewhere, or is that of a folder
            return f"{text} is no time zone; write one like Europe/Berlin or UTC"
        return None


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time (`flows.moments`)."""

    def wrong(self, text: str) -> str | None:
        """What is wrong with it."""
        try:
            return None if span(text).total_seconds() > 0 else f"{text} is no time at all; write 30m, 2h or 1d"
        except ValueError:
            return f"{text} is no length of time; write 30m, 2h, 1h30m or 1d"


def words_of(name: str) -> frozenset[str]:
    """What a GPU's name is made of, however it is written: `NVIDIA A100-SXM4-80GB` has `a100`."""
    return frozenset(re.findall(r"[a-z0-9]+", name.casefold()))


Form: TypeAlias = Name | Moment | Currency | Spending | Span | Zone
"""What a text has to be."""


STEPS = Bounds(1, 1000)
FLOW_SHIFT = Bounds(0, 100, above=True)
GUIDANCE_SCALE = Bounds(1, 50)
BOUNDARY_RATIO = Bounds(0, 1)
TAKES = Bounds(1, 100)

"""What may be spent, as people write it: an amount of money (`500`), or hours of a GPU (`20h`)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_HOURS = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+) ?h")
GREATEST = 1e9


@dataclass(frozen=True, slots=True)
class Amount:
    """`value` in the currency that prices are in, or hours of a GPU (of a worker, where it has none)."""

    value: float
    hours: bool = False

    def __str__(self) -> str:
        return f"{self.value:.10g}{'h' if self.hours else ''}"


def amount(text: str) -> Amount:
    """Raises ValueError that says what is wrong with it, and how to write it."""
    text = text.strip()
    hours = _HOURS.fullmatch(text)
    try:
        value = float(hours[1] if hours else text)
    except ValueError as error:
        raise ValueError(f"{text} is no amount; write money as 500, or hours of a GPU as 20h") from error
    if not math.isfinite(value) or not 0 <= value <= GREATEST:
        raise ValueError(f"{text} is out of range; it must be at least 0 and at most {GREATEST:g}")
    return Amount(value, hours is not None)

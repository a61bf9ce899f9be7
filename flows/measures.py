"""What is measured at joins and inside shots, one row a measure.

The language, its schema and reference, report, ledger and JSON are made from this table. A new measure is a row here
and its value in `flows.continuity.join` or `.inside`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

Place: TypeAlias = Literal["join", "shot"]


@dataclass(frozen=True, slots=True)
class Measure:
    """`unit`: of its values. `budget`: what a film may have of it unless it says otherwise. `of`: where it is taken.
    `said`: what a person reads before its value. `lower`: less is worse. `most`: the largest budget that makes
    sense."""

    unit: str
    budget: float
    of: tuple[Place, ...]
    said: str
    help: str
    lower: bool = False
    most: float = 1.0

    def over(self, value: float, budget: float) -> bool:
        """Whether a value is worse than a budget allows."""
        return value < budget if self.lower else value > budget

    def share(self, value: float, budget: float) -> float:
        """How much of the budget a value takes; 1 is all of it. Counts that may be 0 take 1 more than all."""
        if self.lower:
            return (1 - value) / (1 - budget) if budget < 1 else 1 + (1 - value)
        return value / budget if budget > 0 else (1 + value if value > 0 else 0.0)


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "delta_e": Measure(
            "ΔE2000",
            1.5,
            ("join",),
            "colour differs by",
            "how far the colours of the same things are apart before and after it; 1 can just be seen",
            most=100,
        ),
        "flash": Measure(
            "of the light",
            0.02,
            ("join", "shot"),
            "brightness jumps by",
            "how much brighter or darker the picture is at once: at a join to stay or not, in a shot for a moment",
        ),
        "similarity": Measure(
            "SSIM",
            0.8,
            ("join",),
            "structure is alike to",
            "how alike the pictures are (SSIM) after what moves is moved; 1 is the same",
            lower=True,
        ),
        "jump": Measure(
            "× the motion",
            3.0,
            ("join",),
            "the picture jumps by",
            "how much changes from the last frame to the first, against the steps around",
            most=1000,
        ),
        "ghost": Measure(
            "× the motion",
            3.0,
            ("join",),
            "both shots are seen apart by",
            "how far apart the shots are while both are seen, against the motion",
            most=1000,
        ),
        "doubled": Measure(
            "frames", 0, ("join", "shot"), "frames shown twice:", "frames that are shown again", most=1000
        ),
        "dropped": Measure(
            "frames",
            0.5,
            ("join",),
            "frames left out:",
            "how much further than in one frame the motion has gone",
            most=1000,
        ),
        "motion": Measure(
            "of the speed",
            0.9,
            ("join",),
            "motion changes by",
            "the difference of the velocities before and after; 1: it stops or starts, 2: it turns back",
            most=2,
        ),
        "sharpness": Measure(
            "of the detail",
            0.3,
            ("join",),
            "detail changes by",
            "how much fine detail is won or lost",
        ),
        "frozen": Measure(
            "s", 0.25, ("shot",), "the picture stands for", "seconds that nothing moves in a shot that moves", most=600
        ),
        "cuts": Measure("cuts", 0, ("shot",), "cuts nobody asked for:", "cuts inside the shot", most=1000),
    }
)


def shown(name: str, value: float) -> str:
    """A value with its words: `colour differs by 2.1 ΔE2000`."""
    measure = MEASURES[name]
    percent = 100 * value
    text = f"{value:.3g} {measure.unit}"
    if measure.unit.startswith("of "):
        text = f"{percent:.2g}% {measure.unit}" if percent < 10 else f"{percent:.0f}% {measure.unit}"
    if measure.unit == "frames" and value == 1:
        text = "1 frame"
    return f"{measure.said} {text}"

"""What a value may be beyond its type: within bounds, or one of a table's names.

Settings carry theirs in their types (`Annotated[int, Bounds(0, 51)]`, `Literal["off", "local"]`), and everything that
checks or describes them reads it there. What a shot and the configuration both may say has its bounds here, once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


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


STEPS = Bounds(1, 1000)
FLOW_SHIFT = Bounds(0, 100, above=True)
GUIDANCE_SCALE = Bounds(1, 50)
BOUNDARY_RATIO = Bounds(0, 1)
TAKES = Bounds(1, 100)

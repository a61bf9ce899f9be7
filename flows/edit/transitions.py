"""How one shot goes over into the next: a new transition is one line here and its name in `flows.storyboard.words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

GOING_ON = Fraction(1, 5)
"""Seconds in which a shot that goes on from the one before is seen through it: both begin at the same moment, and would
show their subject twice as soon as it moves differently in them (docs/decisions/0015-dissolving-into-what-goes-on.md).
"""


@dataclass(frozen=True, slots=True)
class Join:
    """`xfade`: the name in FFmpeg's xfade filter that blends the overlap; None with `through`: a fade through a colour.

    Both None is a cut. A fade through a colour shows the first half of the overlap from the shot that goes and the
    second half from the one that comes, so every join of n frames shortens the film by n, whatever its kind.
    `seen_through`: both are seen at every place of the picture.
    """

    xfade: str | None = None
    through: str | None = None
    seen_through: bool = False

    def both_seen(self, overlap: int, rate: Fraction, *, goes_on: bool) -> int:
        """In how many of the first frames of an overlap both shots are seen."""
        if self.xfade is None:
            return 0
        return min(overlap, max(1, round(GOING_ON * rate))) if self.seen_through and goes_on else overlap


CUT = Join()

TRANSITIONS: Mapping[str, Join] = MappingProxyType(
    {
        "cut": CUT,
        "dissolve": Join(xfade="fade", seen_through=True),  # xfade's own "dissolve" is a pattern of noise
        "fade": Join(through="black"),
        "fadewhite": Join(through="white"),
        "wipeleft": Join(xfade="wipeleft"),
        "wiperight": Join(xfade="wiperight"),
        "wipeup": Join(xfade="wipeup"),
        "wipedown": Join(xfade="wipedown"),
        "slideleft": Join(xfade="slideleft"),
        "slideright": Join(xfade="slideright"),
        "slideup": Join(xfade="slideup"),
        "slidedown": Join(xfade="slidedown"),
        "circleopen": Join(xfade="circleopen"),
        "circleclose": Join(xfade="circleclose"),
        "radial": Join(xfade="radial"),
    }
)
"""Every transition by its name in the storyboard."""

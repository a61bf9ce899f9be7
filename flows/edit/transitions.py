"""How one shot goes over into the next: a new transition is one line here and its name in `flows.storyboard.words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Join:
    """`xfade`: the name in FFmpeg's xfade filter that blends the overlap; None with `through`: a fade through a colour.

    Both None is a cut. A fade through a colour shows the first half of the overlap from the shot that goes and the
    second half from the one that comes, so every join of n frames shortens the film by n, whatever its kind.
    """

    xfade: str | None = None
    through: str | None = None


CUT = Join()

TRANSITIONS: Mapping[str, Join] = MappingProxyType(
    {
        "cut": CUT,
        "dissolve": Join(xfade="fade"),  # xfade's own "dissolve" is a pattern of noise
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

"""How one shot goes over into the next, one row a transition.

The language, its schema and reference, and the edit are all made from this table: a new transition is one row here and
the generated files. Values alone; `flows.edit.picture` makes filters of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

GOING_ON = Fraction(1, 5)
"""Seconds in which a shot that goes on from the one before is seen through it. Both begin at the same moment, and would
show their subject twice as soon as it moves differently in them (docs/decisions/0015-dissolving-into-what-goes-on.md).
"""


@dataclass(frozen=True, slots=True)
class Join:
    """`help`: what a viewer sees. `xfade`: which of FFmpeg's xfade blends the overlap. `through`: the colour of a fade
    that goes through one. A join without both is a cut.

    A fade through a colour shows the first half of the overlap from the shot that goes and the second half from the one
    that comes. So every join of n frames shortens the film by n, whatever its kind.
    `seen_through`: both shots are seen at every place of the picture.
    """

    help: str
    xfade: str | None = None
    through: str | None = None
    seen_through: bool = False

    def both_seen(self, overlap: int, rate: Fraction, *, goes_on: bool, alike: int = 0) -> int:
        """In how many of the first frames of an overlap both shots are seen. `goes_on`: the later one begins with what
        is seen of the earlier one there; in the first `alike` frames both show the same."""
        if self.xfade is None:
            return 0
        if not (self.seen_through and goes_on):
            return overlap
        return min(overlap, max(1, alike, round(GOING_ON * rate)))


TRANSITIONS: Mapping[str, Join] = MappingProxyType(
    {
        "cut": Join("the next shot starts at once; no duration"),
        "dissolve": Join(
            "one picture melts into the other; within 0.2 s if the shot continues the one before it",
            xfade="fade",  # xfade's own "dissolve" is a pattern of noise
            seen_through=True,
        ),
        "fade_black": Join("through black", through="black"),
        "fade_white": Join("through white", through="white"),
        "wipe_left": Join("an edge moves to the left and uncovers the next shot", "wipeleft"),
        "wipe_right": Join("an edge moves to the right and uncovers the next shot", "wiperight"),
        "wipe_up": Join("an edge moves up and uncovers the next shot", "wipeup"),
        "wipe_down": Join("an edge moves down and uncovers the next shot", "wipedown"),
        "soft_wipe_left": Join("a wide soft edge moves to the left", "smoothleft"),
        "soft_wipe_right": Join("a wide soft edge moves to the right", "smoothright"),
        "soft_wipe_up": Join("a wide soft edge moves up", "smoothup"),
        "soft_wipe_down": Join("a wide soft edge moves down", "smoothdown"),
        "soft_wipe_up_left": Join("a soft edge moves to the upper left corner", "diagtl"),
        "soft_wipe_up_right": Join("a soft edge moves to the upper right corner", "diagtr"),
        "soft_wipe_down_left": Join("a soft edge moves to the lower left corner", "diagbl"),
        "soft_wipe_down_right": Join("a soft edge moves to the lower right corner", "diagbr"),
        "slide_left": Join("the next shot comes in from the right and pushes the other out", "slideleft"),
        "slide_right": Join("the next shot comes in from the left and pushes the other out", "slideright"),
        "slide_up": Join("the next shot comes in from below and pushes the other out", "slideup"),
        "slide_down": Join("the next shot comes in from above and pushes the other out", "slidedown"),
        "cover_left": Join("the next shot comes in from the right and covers the other", "coverleft"),
        "cover_right": Join("the next shot comes in from the left and covers the other", "coverright"),
        "cover_up": Join("the next shot comes in from below and covers the other", "coverup"),
        "cover_down": Join("the next shot comes in from above and covers the other", "coverdown"),
        "reveal_left": Join("the shot before moves out to the left; the next one lies under it", "revealleft"),
        "reveal_right": Join("the shot before moves out to the right; the next one lies under it", "revealright"),
        "reveal_up": Join("the shot before moves out upwards; the next one lies under it", "revealup"),
        "reveal_down": Join("the shot before moves out downwards; the next one lies under it", "revealdown"),
        "circle_open": Join("a soft circle opens on the next shot", "circleopen"),
        "circle_close": Join("a soft circle closes over the shot before", "circleclose"),
        "iris": Join("a circle closes to black, and opens again on the next shot", "circlecrop"),
        "doors_open": Join("soft edges part from the middle to both sides", "vertopen"),
        "doors_close": Join("soft edges close from both sides to the middle", "vertclose"),
        "shutters_open": Join("soft edges part from the middle up and down", "horzopen"),
        "shutters_close": Join("soft edges close from above and below to the middle", "horzclose"),
        "clock_wipe": Join("a hand sweeps round like a clock's", "radial"),
    }
)
"""Every transition by its name in the storyboard."""

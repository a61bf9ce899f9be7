"""The joins of a film: what is seen right before and right after, and how far apart the two are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.edit.timeline import Entry
from flows.plan.model import PlannedShot

if TYPE_CHECKING:
    from flows.report.frames import Frame

VISIBLE = 3.0
"""A jump this many times the motion around it is seen as one. Frames one after the other differ by 1."""


@dataclass(frozen=True, slots=True)
class Seam:
    """A join. `difference` is the mean absolute difference of both frames in percent of full range.

    `jump` is that difference measured in the film's own motion there: the mean difference between neighbouring frames
    on both sides. 1 is a seam nobody can see; None when nothing moves on either side. `continues`: the later shot
    starts from frames of the earlier one, so that a jump is a fault and not a choice.
    """

    before: str
    after: str
    transition: str
    seconds: float
    at: float
    last_frame: str
    first_frame: str
    difference: float
    jump: float | None
    continues: bool

    @property
    def verdict(self) -> str:
        """One word for people: `cut` when the shots are not meant to continue, else `smooth` or `visible`."""
        if not self.continues:
            return "new picture"
        return "smooth" if self.jump is None or self.jump < VISIBLE else "visible"


def difference(one: Frame, other: Frame) -> float:
    """Mean absolute difference of two uint8 frames in percent of full range; of their mean colours if sizes differ."""
    import numpy as np

    if one.shape != other.shape:
        one, other = one.mean((0, 1), keepdims=True), other.mean((0, 1), keepdims=True)
    return float(np.abs(one.astype(np.float32) - other.astype(np.float32)).mean() / 2.55)


def jump_of(tail: list[Frame], head: list[Frame]) -> tuple[float, float | None]:
    """(difference, jump) of the seam between the last two frames of one shot and the first two of the next."""
    apart = difference(tail[-1], head[0])
    steps = [difference(*pair) for pair in (tail, head) if len(pair) == 2]
    motion = sum(steps) / len(steps) if steps else 0.0
    return apart, apart / motion if motion > 0.02 else None


def continues(shot: PlannedShot, before: PlannedShot) -> bool:
    """Whether `shot` starts from a frame of `before`."""
    takes = {take.fingerprint for take in before.takes}
    return any(takes.intersection(take.clips[0].upstream) for take in shot.takes)


def edges(entry: Entry) -> tuple[list[int], list[int]]:
    """Frame numbers of a shot's first two and last two frames."""
    count = sum(piece.frames for piece in entry.pieces)
    return list(range(min(2, count))), list(range(max(0, count - 2), count))

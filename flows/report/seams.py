"""The joins of a film: what is seen right before, in between, and right after, and how far apart it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flows.edit.timeline import Entry
from flows.planning.model import PlannedShot
from flows.transitions import TRANSITIONS

if TYPE_CHECKING:
    from flows.report.frames import Frame

VISIBLE = 3.0
"""A jump this many times the motion around it is seen as one. Frames one after the other differ by 1."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How two shots meet, in percent of full range and in the film's own motion there (the mean difference between
    neighbouring frames on both sides; None when nothing moves).

    `difference` and `jump` are between the last frame before the join and the first of the later shot. `doubled` is how
    far apart both shots are while both are seen, most where each has half the weight.
    """

    difference: float
    jump: float | None
    doubled: float | None = None


@dataclass(frozen=True, slots=True)
class Seam:
    """A join. `last_frame` is the last before it and `first_frame` the first after it, `blended` half of both shots in
    the middle of a dissolve: data URIs. `continues`: the later shot starts from frames of the earlier one, so that a
    jump or a doubled subject is a fault and not a choice.
    """

    before: str
    after: str
    transition: str
    seconds: float
    at: float
    last_frame: str
    first_frame: str
    measured: Measured
    continues: bool
    blended: str | None = None

    @property
    def verdict(self) -> str:
        """For people: `new picture` when the shots are not meant to continue, else `smooth`, `visible` or `doubled`."""
        if not self.continues:
            return "new picture"
        if (self.measured.jump or 0) >= VISIBLE:
            return "visible"
        return "doubled" if (self.measured.doubled or 0) >= VISIBLE else "smooth"


@dataclass(frozen=True, slots=True)
class Meeting:
    """Which frames of two shots meet in a join, counted among those that their clips show: `tail` the last two that are
    seen before it, `head` the first two of the later shot, `together` pairs of the frames that are seen at once, and
    `after` the first frame that is seen alone."""

    tail: tuple[int, ...]
    head: tuple[int, ...]
    together: tuple[tuple[int, int], ...]
    after: int

    @property
    def of_earlier(self) -> set[int]:
        return {*self.tail, *(one for one, _ in self.together)}

    @property
    def of_later(self) -> set[int]:
        return {*self.head, *(other for _, other in self.together), self.after}


def meeting(earlier: Entry, later: Entry, rate: Fraction) -> Meeting:
    """How the two meet in a film of that rate. A fade through a colour joins the frames on both sides of its middle."""
    faded = later.overlap // 2 if TRANSITIONS[later.transition].through else 0
    shown = sum(source.frames for source in earlier.ranges)
    most = sum(source.frames for source in later.ranges) - 1

    def of_earlier(film_frame: int) -> int:
        return min(shown - 1, max(0, int((earlier.frames - later.overlap + film_frame) * earlier.rate / rate)))

    def of_later(film_frame: int) -> int:
        return min(most, int(film_frame * later.rate / rate))

    last, first = of_earlier(faded - 1) if later.overlap else shown - 1, of_later(faded)
    return Meeting(
        tail=tuple(sorted({max(0, last - 1), last})),
        head=tuple(sorted({first, min(most, first + 1)})),
        together=tuple((of_earlier(frame), of_later(frame)) for frame in range(later.blend)),
        after=of_later(max(later.blend, faded)),
    )


def measured(meeting: Meeting, earlier: Mapping[int, Frame], later: Mapping[int, Frame]) -> Measured:
    """What the frames of a meeting say; all of them are in `earlier` and `later`."""
    tail, head = [earlier[index] for index in meeting.tail], [later[index] for index in meeting.head]
    apart = difference(tail[-1], head[0])
    steps = [difference(*pair) for pair in (tail, head) if len(pair) == 2]
    motion = sum(steps) / len(steps) if steps else 0.0
    if motion <= 0.02:
        return Measured(apart, None)
    count = len(meeting.together)
    weights = [(number + 0.5) / count for number in range(count)]
    doubled = [
        4 * weight * (1 - weight) * difference(earlier[one], later[other])
        for weight, (one, other) in zip(weights, meeting.together, strict=True)
    ]
    return Measured(apart, apart / motion, max(doubled) / motion if doubled else None)


def half_of_both(meeting: Meeting, earlier: Mapping[int, Frame], later: Mapping[int, Frame]) -> Frame | None:
    """The middle of a dissolve; None where both shots are not seen at once, or are of two sizes."""
    import numpy as np

    if not meeting.together:
        return None
    one, other = meeting.together[len(meeting.together) // 2]
    if earlier[one].shape != later[other].shape:
        return None
    return ((earlier[one].astype(np.uint16) + later[other] + 1) // 2).astype(np.uint8)


def difference(one: Frame, other: Frame) -> float:
    """Mean absolute difference of two uint8 frames in percent of full range; of their mean colours if sizes differ."""
    import numpy as np

    if one.shape != other.shape:
        one, other = one.mean((0, 1), keepdims=True), other.mean((0, 1), keepdims=True)
    return float(np.abs(one.astype(np.float32) - other.astype(np.float32)).mean() / 2.55)


def continues(shot: PlannedShot, before: PlannedShot) -> bool:
    """Whether `shot` starts from a frame of `before`, or both meet in a keyframe."""
    if before.leads_to == shot.id:
        return True
    takes = {take.fingerprint for take in before.takes}
    return any(takes.intersection(take.clips[0].upstream) for take in shot.takes)

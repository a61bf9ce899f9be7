"""Which frames of two shots meet in a join of the film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flows.edit.timeline import Entry
from flows.planning.model import PlannedShot
from flows.transitions import TRANSITIONS

if TYPE_CHECKING:
    from flows.continuity.frames import Frame

FRAMES = 6
"""On each side that a join is looked at with; fewer where a shot is shorter."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """Frames counted among those that the clips of two shots show: `tail` the last FRAMES that are seen before the
    join, `head` the first FRAMES of the later shot, `together` pairs of the frames that are seen at once, and `after`
    the first frame that is seen alone."""

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
        tail=tuple(range(max(0, last - FRAMES + 1), last + 1)),
        head=tuple(range(first, min(most, first + FRAMES - 1) + 1)),
        together=tuple((of_earlier(frame), of_later(frame)) for frame in range(later.blend)),
        after=of_later(max(later.blend, faded)),
    )


def ghost(met: Meeting, earlier: Mapping[int, Frame], later: Mapping[int, Frame]) -> float | None:
    """How far apart both shots are while both are seen, most where each has half the weight, against the motion around
    (frames one after the other differ by 1); None where they are not seen at once, or nothing moves."""
    from flows.continuity.steps import NOTHING

    sides = [[earlier[index] for index in met.tail[-2:]], [later[index] for index in met.head[:2]]]
    steps = [difference(*pair) for pair in sides if len(pair) == 2]
    motion = sum(steps) / len(steps) if steps else 0.0
    if motion <= NOTHING or not met.together:
        return None
    count = len(met.together)
    weights = [(number + 0.5) / count for number in range(count)]
    apart = [
        4 * weight * (1 - weight) * difference(earlier[one], later[other])
        for weight, (one, other) in zip(weights, met.together, strict=True)
    ]
    return max(apart) / motion


def half_of_both(met: Meeting, earlier: Mapping[int, Frame], later: Mapping[int, Frame]) -> Frame | None:
    """The middle of a dissolve; None where both shots are not seen at once, or are of two sizes."""
    import numpy as np

    if not met.together:
        return None
    one, other = met.together[len(met.together) // 2]
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
    """Whether `shot` starts from frames of `before`, or both meet in a keyframe; one that has it as a reference starts
    anew."""
    if before.leads_to == shot.id:
        return True
    takes = {take.fingerprint for take in before.takes}
    starts = [start for take in shot.takes if (start := take.clips[0].spec.hand_off) is not None]
    return any(takes.intersection(start.upstream) for start in starts if start.what != "reference")

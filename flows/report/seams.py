"""The joins of a film with their pictures: what is seen right before, in between, and right after; and how bright the
film is, from its first frame to its last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.edit.timeline import Entry, Timeline
from flows.report.frames import jpeg_uri
from flows.seams import Continuity, Meeting, Seam, half_of_both
from flows.transitions import TRANSITIONS

if TYPE_CHECKING:
    from flows.report.frames import Frame

WIDTH, HEIGHT = 1000.0, 80.0
"""Of the drawing of the whole film."""


@dataclass(frozen=True, slots=True)
class Pictured:
    """A join. `last_frame` is the last before it and `first_frame` the first after it, `blended` half of both shots in
    the middle of a dissolve of `seconds`: data URIs."""

    seam: Seam
    seconds: float
    last_frame: str
    first_frame: str
    blended: str | None = None

    @property
    def verdict(self) -> str:
        """For people."""
        if not self.seam.judged:
            return "a new picture"
        if not self.seam.over:
            return "continues smoothly"
        return "continues, but is seen doubled" if self.seam.over[0] == "ghost" else "continues, but not smoothly"


@dataclass(frozen=True, slots=True)
class Course:
    """The film as a line of its brightness, an SVG path in `WIDTH` × `HEIGHT`; `marks` are what is over budget: where,
    and what is said of it."""

    path: str
    marks: tuple[tuple[float, str], ...]


def pictured(
    seam: Seam, entry: Entry, join: Meeting, frames: tuple[Mapping[int, Frame], Mapping[int, Frame]], timeline: Timeline
) -> Pictured:
    """A join of two shots; all frames of `join` are in `frames` (of the earlier, of the later)."""
    earlier, later = frames
    both = half_of_both(join, earlier, later) if TRANSITIONS[entry.transition].seen_through else None
    return Pictured(
        seam=seam,
        seconds=float(entry.overlap / timeline.rate),
        last_frame=jpeg_uri(earlier[join.tail[-1]]),
        first_frame=jpeg_uri(later[join.after]),
        blended=None if both is None else jpeg_uri(both),
    )


def worst_first(seams: Sequence[Pictured]) -> tuple[Pictured, ...]:
    """Those that go on and are over budget, those that go on, and new pictures in the film's order."""
    return tuple(
        sorted(
            seams,
            key=lambda each: (not each.seam.judged, not each.seam.over, -each.seam.worst if each.seam.judged else 0),
        )
    )


def course(found: Continuity, timeline: Timeline) -> Course:
    """How bright the film is over its time, a line a shot, and where something is over budget."""
    length = float(timeline.seconds)
    lines: list[str] = []
    most = max((light for lights in found.lights.values() for light in lights), default=0.0) or 1.0
    for entry in timeline.entries:
        points = []
        for number, light in enumerate(found.lights.get(entry.shot, ())):
            x = WIDTH * float(entry.start / timeline.rate + number / entry.rate) / length
            points.append(f"{x:.1f} {HEIGHT * (1 - 0.92 * light / most):.1f}")
        if points:
            lines.append("M" + "L".join(points))
    marks = tuple(
        (round(WIDTH * seam.at / length, 1), f"{seam.name}: {', '.join(seam.said[: len(seam.over)])}")
        for seam in found.seams
        if seam.over
    )
    return Course("".join(lines), marks)

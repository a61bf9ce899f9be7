"""A shot that is longer than its model renders in one go, cut into segments that go on from each other. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from flows.shots.choice import Part
from wan.frames.clips import clips_needed, cut
from wan.frames.geometry import num_frames_at_least


@dataclass(frozen=True, slots=True)
class Segment:
    """`num_frames` are rendered by `part`; the first `skip_first` are hidden, the next `keep` are in the film.

    `start` is where in the shot the first rendered frame lies. `chained` says what a later segment goes on from: the
    last frame of the segment before, its last frames, or what it carried on (`Variant.chained`).
    """

    part: Part
    num_frames: int
    skip_first: int
    keep: int
    start: int = 0
    chained: Literal["frame", "frames", "carried"] = "frame"


def cut_into_segments(
    frames: int, hidden: int, part: Part, following: Part | None, *, joined: bool = False
) -> tuple[Segment, ...]:
    """As few segments as can be, of about equal length, that show `frames` frames.

    Every segment after the first repeats the variant's `overlap` frames of the one before and hides them. All but the
    last are used whole; the last is cut to what is left. `joined`: the first is as one that follows (`is_joined`).
    Raises ValueError when more than one is needed and `following` is None.
    """
    first = (part.longest_following if joined else part.longest) - hidden
    if frames <= first:
        length = num_frames_at_least(frames + hidden, part.variant, part.role, following=joined)
        return (Segment(part, length, hidden, frames),)
    if following is None:
        raise ValueError(f"{part.variant.name} renders {first} frames at most and nothing can go on from there")
    if following.variant.chained != "frame":
        return _even_pieces(frames, hidden, part, 0 if joined else part.longest_following - part.longest)
    overlap = following.variant.overlap
    more = following.longest_following - overlap
    count = 1 + math.ceil((frames - first) / more)
    segments: list[Segment] = []
    left, start = frames, 0
    for index in range(count):
        this, skip, room = (following, overlap, more) if index else (part, hidden, first)
        share = max(math.ceil(left / (count - index)), left - (count - index - 1) * more)
        rendered = num_frames_at_least(min(share, room) + skip, this.variant, this.role, following=index > 0)
        keep = left if index == count - 1 else rendered - skip
        start = start if index == 0 else segments[-1].start + segments[-1].num_frames - skip
        segments.append(Segment(this, rendered, skip, keep, start))
        left -= keep
    return tuple(segments)


def _even_pieces(frames: int, hidden: int, part: Part, lost: int) -> tuple[Segment, ...]:
    """Clips that go on from several frames of each other are equally long, but for the `lost` frames that the first one
    drops: a shorter one would have too few to hand on. No clip is shorter than what is carried, if it can be: the rest
    would have to be carried as pixels."""
    variant, longest = part.variant, part.longest_following
    rendered = frames + hidden
    count = clips_needed(rendered, longest - lost, longest, variant.overlap)
    least = math.ceil((rendered + lost + (count - 1) * variant.overlap) / count)
    least = max(least, min(variant.carried_frames + lost, longest))
    piece = num_frames_at_least(least, variant, part.role, following=True)
    segments: list[Segment] = []
    for start, length in cut(rendered, piece - lost, piece, variant.overlap):
        skip = variant.overlap if segments else hidden
        keep = min(length - skip, rendered - start - skip)
        segments.append(Segment(part, length, skip, keep, start, variant.chained if segments else "frame"))
    return tuple(segments)

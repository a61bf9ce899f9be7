"""A shot that is longer than its model renders in one go, cut into clips that go on from each other. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from flows.shots.choice import Part
from wan.frames.clips import clips_needed, cut
from wan.frames.geometry import num_frames_at_least


@dataclass(frozen=True, slots=True)
class ClipCut:
    """`num_frames` are rendered by `part`; the first `skip_first` are hidden, the next `keep` are in the film.

    `start` is where in the shot the first rendered frame lies, below 0 where that is before the shot. `chained` says
    what a later clip goes on from: the last frame of the clip before, its last frames, or what it carried on
    (`Variant.chained`).
    """

    part: Part
    num_frames: int
    skip_first: int
    keep: int
    start: int = 0
    chained: Literal["frame", "frames", "carried"] = "frame"


def cut_into_clips(
    frames: int, hidden: int, part: Part, following: Part | None, *, joined: bool = False, overlap: int | None = None
) -> tuple[ClipCut, ...]:
    """As few clips as can be, of about equal length, that show `frames` frames.

    The first hides its first `hidden` frames, which lie before the shot. Every later clip repeats `overlap` frames of
    the one before (None: as many as its variant does) and hides them. All but the last are used whole; the last is cut
    to what is left. `joined`: the first is as one that follows (`is_joined`). Raises ValueError when more than one is
    needed and `following` is None.
    """
    first = (part.longest_following if joined else part.longest) - hidden
    if frames <= first:
        length = num_frames_at_least(frames + hidden, part.variant, part.role, following=joined)
        return (ClipCut(part, length, hidden, frames, -hidden),)
    if following is None:
        raise ValueError(f"{part.variant.name} renders {first} frames at most and nothing can go on from there")
    if following.variant.chained != "frame":
        lost = 0 if joined else part.longest_following - part.longest
        return _even_cuts(frames, hidden, part, lost, part.variant.overlap if overlap is None else overlap)
    overlap = following.variant.overlap
    more = following.longest_following - overlap
    count = 1 + math.ceil((frames - first) / more)
    clips: list[ClipCut] = []
    left, start = frames, -hidden
    for index in range(count):
        this, skip, room = (following, overlap, more) if index else (part, hidden, first)
        share = max(math.ceil(left / (count - index)), left - (count - index - 1) * more)
        rendered = num_frames_at_least(min(share, room) + skip, this.variant, this.role, following=index > 0)
        keep = left if index == count - 1 else rendered - skip
        start = start if index == 0 else clips[-1].start + clips[-1].num_frames - skip
        clips.append(ClipCut(this, rendered, skip, keep, start))
        left -= keep
    return tuple(clips)


def _even_cuts(frames: int, hidden: int, part: Part, lost: int, overlap: int) -> tuple[ClipCut, ...]:
    """Clips that go on from several frames of each other are equally long, but for the `lost` frames that the first one
    drops: a shorter one would have too few to hand on. No clip is shorter than what is carried, if it can be: the rest
    would have to be carried as pixels."""
    variant, longest = part.variant, part.longest_following
    rendered = frames + hidden
    count = clips_needed(rendered, longest - lost, longest, overlap)
    least = math.ceil((rendered + lost + (count - 1) * overlap) / count)
    least = max(least, min(max(variant.carried_frames, overlap) + lost, longest))
    piece = num_frames_at_least(least, variant, part.role, following=True)
    clips: list[ClipCut] = []
    for start, length in cut(rendered, piece - lost, piece, overlap):
        skip = overlap if clips else hidden
        keep = min(length - skip, rendered - start - skip)
        clips.append(ClipCut(part, length, skip, keep, start - hidden, variant.chained if clips else "frame"))
    return tuple(clips)

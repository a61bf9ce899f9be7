"""How a shot that is longer than one clip is cut into clips that go on from each other."""

from __future__ import annotations

import math


def clips_needed(frames: int, first: int, following: int, overlap: int) -> int:
    """How few clips of at most these lengths show `frames` frames, when each but the first repeats `overlap` frames."""
    return 1 + max(0, math.ceil((frames - first) / (following - overlap)))


def cut(frames: int, first: int, following: int, overlap: int) -> list[tuple[int, int]]:
    """The clips that show `frames` frames: (start frame in the shot, number of frames) each.

    The first has `first` frames, every other one `following`, of which `overlap` repeat the end of the one before. All
    are whole, so the last may reach past the end of the shot; the film hides the rest.
    """
    rest = range(clips_needed(frames, first, following, overlap) - 1)
    step = following - overlap
    return [(0, first), *((first - overlap + index * step, following) for index in rest)]

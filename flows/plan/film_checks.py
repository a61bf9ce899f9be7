"""What can only be checked once the film's length is known, or would otherwise fail after hours of rendering."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from flows.errors import Problem
from flows.plan.model import PlannedShot
from flows.storyboard.model import Storyboard


def shot_starts(shots: Sequence[PlannedShot], shared: Sequence[int]) -> list[int]:
    """The film frame at which each shot is first seen; `shared` are the frames it overlaps the one before."""
    ends = accumulate(shot.num_frames - overlap for shot, overlap in zip(shots, shared, strict=True))
    return [end - shot.num_frames for end, shot in zip(ends, shots, strict=True)]


def voice_problems(storyboard: Storyboard, shots: Sequence[PlannedShot], shared: Sequence[int]) -> list[Problem]:
    """Voices outside the film."""
    fps = shots[0].fps
    starts = dict(zip((shot.id for shot in shots), shot_starts(shots, shared), strict=True))
    length = (sum(shot.num_frames for shot in shots) - sum(shared)) / fps
    places, problems = storyboard.soundtrack.places, []
    for index, voice in enumerate(storyboard.soundtrack.voiceover):
        begin = starts[voice.at.shot] / fps if voice.at.shot else 0.0
        at = begin + voice.at.offset
        place = places.get(f"voiceover.{index}.at") or places.get(f"voiceover.{index}")
        if at >= length:
            message = f"the voice would begin {at:.2f}s into a film of {length:.2f}s"
            problems.append(Problem(place, message, "let it begin earlier"))
        elif at < 0:
            problems.append(Problem(place, f"the voice would begin {-at:.2f}s before the film", "let it begin later"))
    return problems


def deliverable_problems(storyboard: Storyboard) -> list[Problem]:
    """Deliverables of impossible sizes."""
    problems = []
    for item in storyboard.deliver:
        if item.size and (item.size.width % 2 or item.size.height % 2):
            near = f"{item.size.width // 2 * 2}x{item.size.height // 2 * 2}"
            message = f"size {item.size} of deliverable {item.name}: both sides must be even"
            problems.append(Problem(item.place, message, f"the nearest is {near}"))
    return problems

"""What can only be checked once the film's length is known, or would otherwise fail after hours of rendering."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from flows.errors import Problem
from flows.planning.media_fit import UNHEARD
from flows.planning.model import PlannedShot
from flows.resolve import Snapshot
from flows.storyboard.model import Storyboard


def shot_starts(shots: Sequence[PlannedShot], shared: Sequence[int]) -> list[int]:
    """The film frame at which each shot is first seen; `shared` are the frames it overlaps the one before."""
    return _starts([shot.num_frames for shot in shots], shared)


def _starts(frames: Sequence[int], shared: Sequence[int]) -> list[int]:
    ends = accumulate(count - overlap for count, overlap in zip(frames, shared, strict=True))
    return [end - count for end, count in zip(ends, frames, strict=True)]


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
            problems.append(Problem(place, message, f"let it begin at least {at - length + 1 / fps:.2f}s earlier"))
        elif at < 0:
            message = f"the voice would begin {-at:.2f}s before the film"
            problems.append(Problem(place, message, f"let it begin at least {-at:.2f}s later"))
    return problems


def voice_remarks(
    storyboard: Storyboard, snapshot: Snapshot, frames: Mapping[str, int], shared: Sequence[int], fps: float
) -> Iterator[Problem]:
    """Voices that the end of the film cuts off. `frames` of each shot by full id, `shared` with the one before."""
    starts = dict(zip(frames, _starts(list(frames.values()), shared), strict=True))
    length = (sum(frames.values()) - sum(shared)) / fps
    places = storyboard.soundtrack.places
    for index, voice in enumerate(storyboard.soundtrack.voiceover):
        seconds = snapshot.media_seconds.get(voice.file)
        if seconds is None:
            continue
        at = (starts[voice.at.shot] / fps if voice.at.shot else 0.0) + voice.at.offset
        lost = at + seconds - length
        if lost > UNHEARD and 0 <= at < length:  # what lies outside is an error
            place = next((found for key in ("at", "file") if (found := places.get(f"voiceover.{index}.{key}"))), None)
            message = (
                f"{voice.file.name} lasts {seconds:.2f} s and begins {at:.2f} s into a film of {length:.2f} s: "
                f"its last {lost:.2f} s are cut off"
            )
            earlier = f"let it begin {lost:.2f} s earlier, shorten it" if lost <= at else "shorten it"
            yield Problem(place, message, f"{earlier}, or make the film longer")


def deliverable_problems(storyboard: Storyboard) -> list[Problem]:
    """Deliverables of impossible sizes."""
    problems = []
    for item in storyboard.deliver:
        if item.size and (item.size.width % 2 or item.size.height % 2):
            near = f"{item.size.width // 2 * 2}x{item.size.height // 2 * 2}"
            message = f"size {item.size} of deliverable {item.name}: both sides must be even"
            problems.append(Problem(item.place, message, f"the nearest is {near}"))
    return problems

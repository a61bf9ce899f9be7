"""What can only be checked once the film's length is known, or would otherwise fail after hours of rendering."""

from __future__ import annotations

from collections.abc import Iterator

from flows.errors import Problem
from flows.planning.media_fit import UNHEARD
from flows.planning.moments import Moments
from flows.resolve import Snapshot
from flows.storyboard.model import Storyboard


def voice_problems(storyboard: Storyboard, moments: Moments) -> list[Problem]:
    """Voices outside the film."""
    length, places, problems = moments.seconds, storyboard.soundtrack.places, []
    for index, voice in enumerate(storyboard.soundtrack.voiceover):
        at = moments.of(voice.at)
        place = places.get(f"voiceover.{index}.at") or places.get(f"voiceover.{index}")
        if at >= length:
            message = f"the voice would begin {at:.2f}s into a film of {length:.2f}s"
            fix = f"let it begin at least {at - length + 1 / moments.fps:.2f}s earlier"
            problems.append(Problem(place, message, fix))
        elif at < 0:
            message = f"the voice would begin {-at:.2f}s before the film"
            problems.append(Problem(place, message, f"let it begin at least {-at:.2f}s later"))
    return problems


def voice_remarks(storyboard: Storyboard, snapshot: Snapshot, moments: Moments) -> Iterator[Problem]:
    """Voices that the end of the film cuts off."""
    length, places = moments.seconds, storyboard.soundtrack.places
    for index, voice in enumerate(storyboard.soundtrack.voiceover):
        seconds = snapshot.media_seconds.get(voice.file)
        if seconds is None:
            continue
        at = moments.of(voice.at)
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

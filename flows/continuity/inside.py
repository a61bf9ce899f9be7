"""A shot from its first frame to its last, measured: what flashes, stands, is shown twice, or is cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flows.continuity import steps
from flows.continuity.frames import TINY, Frame, coded, light, shrunk


@dataclass(frozen=True, slots=True)
class Profile:
    """From each frame to the next, in percent of full range: `differences`, and `changes` without what the whole
    picture gains (`flows.continuity.steps`). `lights`: mean relative luminance of every frame, 0 to 1."""

    differences: tuple[float, ...]
    changes: tuple[float, ...]
    lights: tuple[float, ...]


def profile(frames: Iterable[Frame]) -> Profile:
    """Of uint8 frames `[H, W, 3]`, one at a time."""
    differences: list[float] = []
    changes: list[float] = []
    lights: list[float] = []
    before = None
    for frame in frames:
        small = shrunk(frame, TINY)
        picture = coded(small)
        lights.append(light(small))
        if before is not None:
            differences.append(steps.difference(before, picture))
            changes.append(steps.change(before, picture))
        before = picture
    return Profile(tuple(differences), tuple(changes), tuple(lights))


def measure_shot(found: Profile, fps: float) -> dict[str, float]:
    """The measures of a shot (`flows.measures`) that is shown at `fps` frames a second; of one frame none."""
    if not found.changes:
        return {}
    cut = steps.cuts(found.changes)
    return {
        "flash": steps.flashes(found.lights, but=cut),
        "doubled": float(steps.doubled(found.differences)),
        "frozen": steps.longest_stand(found.differences) / fps,
        "cuts": float(len(cut)),
    }

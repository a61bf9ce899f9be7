"""Which variant renders a shot, and how a family fills it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from operator import attrgetter

from flows.shots.inputs import ANIMATE, BOTH, CONTROL, IMAGE, INPUTS, SPEECH, TEXT, Input
from flows.storyboard.model import Shot
from wan.families import FAMILIES, Family, Role
from wan.frames.geometry import longest_clip
from wan.variants import VARIANTS, Variant

ANY_FAMILY = FAMILIES["wan22"]
"""The family that has all variants, and no sizes and lengths of its own: what it cannot render, none can."""
_FIRST = (SPEECH, ANIMATE, CONTROL, IMAGE)
"""Of several variants that `auto` could take, the first of these: what drives a shot counts more than a picture."""
_TAKEN = sorted((row for row in INPUTS if row.auto), key=lambda row: _FIRST.index(row.auto or IMAGE))
"""What `auto` goes by: the first of these that the shot brings."""
_written = attrgetter(*(row.group for row in _TAKEN))


@dataclass(frozen=True, slots=True)
class Part:
    """A variant as the family fills it."""

    variant: Variant
    role: Role

    @property
    def longest(self) -> int:
        """The native length in frames, which no clip exceeds."""
        return longest_clip(self.variant, self.role)

    @property
    def longest_following(self) -> int:
        """The same, of a clip that goes on from another one."""
        return longest_clip(self.variant, self.role, following=True)

    @property
    def fps(self) -> float:
        """Frames a second this part was made for."""
        return self.role.fps or self.variant.fps

    @property
    def fixed_in_time(self) -> bool:
        """Whether sound or a figure's motion says when its frames are shown."""
        return self.variant.chained == "carried"

    def rate(self, film_fps: float) -> float:
        """Frames a second its clips are shown at: the film's, unless they are fixed in time."""
        return self.fps if self.fixed_in_time else film_fps


def choose_variant(shot: Shot, family: Family) -> str:
    """The variant's name: what the shot says, else by what it brings. It may be one that the family lacks."""
    if shot.variant != "auto":
        return shot.variant
    taken = _taken(shot)
    wanted = (taken.auto if taken else None) or TEXT
    return BOTH if wanted in (TEXT, IMAGE) and wanted not in family.roles and BOTH in family.roles else wanted


def key_of_variant(shot: Shot) -> str:
    """The key that a shot has its variant from."""
    if shot.variant != "auto":
        return "variant"
    taken = _taken(shot)
    return taken.group if taken else "variant"


def _taken(shot: Shot) -> Input | None:
    """What `auto` goes by in the shot."""
    return next((row for row in compress(_TAKEN, _written(shot)) if row.given is None or row.given(shot)), None)


def part_of(family: Family, variant: str) -> Part | None:
    """The family's part of that name, or None if it has none."""
    role = family.roles.get(variant)
    return Part(VARIANTS[variant], role) if role and variant in VARIANTS else None


def following_part(part: Part, family: Family, shot: Shot) -> Part | None:
    """What renders the later clips of a long shot: the part itself if it can start from a picture or changes a
    video, else I2V."""
    if shot.video is not None or "image" in part.variant.inputs:
        return part
    return part_of(family, IMAGE)

"""What a shot needs of a model family: which variant, and how many chained segments of which lengths. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flows.storyboard.model import Shot, Storyboard
from wan.families import Family, Role
from wan.frames.clips import clips_needed, cut
from wan.frames.geometry import longest_clip, num_frames_at_least
from wan.variants import VARIANTS, Variant

TEXT, IMAGE, BOTH = "t2v-a14b", "i2v-a14b", "ti2v-5b"
SPEECH, ANIMATE, CONTROL = "s2v-14b", "animate-14b", "vace-fun-a14b"


def full_id(scene: str, shot: str) -> str:
    """`scene.shot`, whether `shot` is a full id already or not."""
    return shot if "." in shot else f"{scene}.{shot}"


@dataclass(frozen=True, slots=True)
class Part:
    """A variant as the family fills it."""

    variant: Variant
    role: Role

    @property
    def longest(self) -> int:
        """The native length in frames, which no segment exceeds."""
        return longest_clip(self.variant, self.role)

    @property
    def longest_following(self) -> int:
        """The same, of a segment that goes on from another one."""
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


def choose_variant(shot: Shot, family: Family) -> str:
    """The variant's name: what the shot says, else by what it brings. It may be one that the family lacks."""
    if shot.variant != "auto":
        return shot.variant
    if shot.audio is not None:
        return SPEECH
    if shot.motion is not None:
        return ANIMATE
    if shot.control is not None:
        return CONTROL
    wanted = IMAGE if shot.image or shot.end_image or shot.continuity else TEXT
    return BOTH if wanted not in family.roles and BOTH in family.roles else wanted


def shown_references(shot: Shot) -> tuple[Path, ...]:
    """What a variant that can be shown references is shown: those of `control`, then those of the cast, each once."""
    of_cast = [member.reference for member in shot.cast if member.reference is not None]
    return tuple(dict.fromkeys((*(shot.control.references if shot.control else ()), *of_cast)))


def part_of(family: Family, variant: str) -> Part | None:
    """The family's part of that name, or None if it has none."""
    role = family.roles.get(variant)
    return Part(VARIANTS[variant], role) if role and variant in VARIANTS else None


def following_part(part: Part, family: Family, shot: Shot) -> Part | None:
    """What renders the later segments of a long shot: the part itself if it can start from a picture or changes a
    video, else I2V."""
    if shot.video is not None or "image" in part.variant.inputs:
        return part
    return part_of(family, IMAGE)


def film_fps(storyboard: Storyboard, family: Family) -> float:
    """The film's rate: what its format says, else the own rate of the first shot that is shown at the film's; else, of
    the first shot."""
    if storyboard.format.fps:
        return storyboard.format.fps
    found = [part_of(family, choose_variant(shot, family)) for shot in storyboard.shots]
    parts = [part for part in found if part is not None]
    if parts:
        return next((part for part in parts if not part.fixed_in_time), parts[0]).fps
    return next(iter(family.roles.values())).fps or VARIANTS[next(iter(family.roles))].fps


def film_frames(shot: Shot, part: Part, fps: float, seconds: Mapping[Path, float]) -> int:
    """How many frames of the film the shot fills, before transitions overlap.

    Without a duration: as long as the sound or video that drives it (`seconds`), else one native clip.
    """
    duration = shot.duration
    if duration is None:
        driver = driving_file(shot)
        duration = seconds.get(driver) if driver else None
    if duration is None:
        return max(1, math.floor((part.longest - hidden_frames(shot)) * fps / part.rate(fps) + 1e-6))
    return max(1, math.ceil(duration * fps - 1e-6))


def driving_file(shot: Shot) -> Path | None:
    """The sound or video that a shot without a duration is as long as."""
    if shot.audio is not None:
        return shot.audio
    if shot.motion is not None:
        return shot.motion.video or shot.motion.pose
    if shot.control is not None:
        return shot.control.video
    return shot.video.file if shot.video is not None else None


def hidden_frames(shot: Shot) -> int:
    """1 for a shot that begins with a frame which the film has shown already."""
    return 1 if shot.continuity is not None and shot.continuity.by == "last_frame" and shot.audio is None else 0


def is_joined(shot: Shot) -> bool:
    """Whether the shot comes after the frames of another one, as its own clips do after each other: speech does."""
    return shot.continuity is not None and shot.audio is not None


def clip_frames(frames: int, part: Part, fps: float) -> int:
    """How many frames of its clips fill `frames` frames of a film of that rate."""
    rate = part.rate(fps)
    return frames if rate == fps else math.ceil(frames * rate / fps - 1e-6)


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


def used_variants(storyboard: Storyboard, family: Family, seconds: Mapping[Path, float]) -> tuple[str, ...]:
    """The variants whose checkpoints the film needs, of those the family has."""
    fps = film_fps(storyboard, family)
    return tuple(dict.fromkeys(name for shot in storyboard.shots for name in shot_variants(shot, family, fps, seconds)))


def shot_variants(shot: Shot, family: Family, fps: float, seconds: Mapping[Path, float]) -> tuple[str, ...]:
    """The variants that render one shot of a film of that rate: that of its first clip, and that of the others."""
    part = part_of(family, choose_variant(shot, family))
    if part is None:
        return ()
    following = following_part(part, family, shot)
    shown = clip_frames(film_frames(shot, part, fps, seconds), part, fps)
    if following and following != part and shown > part.longest - hidden_frames(shot):
        return part.variant.name, following.variant.name
    return (part.variant.name,)

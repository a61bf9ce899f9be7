"""How long a shot is, in frames of the film and of its clips, and how many of them are hidden. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from flows.shots.choice import Part, choose_variant, part_of
from flows.shots.inputs import continues_by, driver
from flows.storyboard.model import Shot, Storyboard
from wan.families import Family
from wan.variants import VARIANTS
from wan.variants.sizes import FRAMES_A_LATENT


def film_fps(storyboard: Storyboard, family: Family) -> float:
    """The film's rate: what its format says, else the own rate of the first shot that is shown at the film's; else, of
    the first shot."""
    if storyboard.format.fps:
        return storyboard.format.fps
    chosen = [part_of(family, choose_variant(shot, family)) for shot in storyboard.shots]
    parts = [part for part in chosen if part is not None]
    if parts:
        return next((part for part in parts if not part.fixed_in_time), parts[0]).fps
    return next(iter(family.roles.values())).fps or VARIANTS[next(iter(family.roles))].fps


def film_frames(shot: Shot, part: Part, fps: float, seconds: Mapping[Path, float]) -> int:
    """How many frames of the film the shot fills, before transitions overlap.

    Without a duration: as long as the sound or video that drives it (`seconds`), else one native clip.
    """
    duration = shot.duration
    if duration is None:
        drives = driver(shot)
        duration = seconds.get(drives[1]) if drives else None
    if duration is None:
        hidden = hidden_frames(shot, part) + hidden_at_end(shot)
        return max(1, math.floor((part.longest - hidden) * fps / part.rate(fps) + 1e-6))
    return max(1, math.ceil(duration * fps - 1e-6))


def hidden_frames(shot: Shot, part: Part) -> int:
    """How many frames of another shot it begins with, which the film has shown already: one, or those of an overlap."""
    if shot.continuity is None or shot.audio is not None:
        return 0
    by = shot.continuity.by
    return overlap_of(shot, part) if by == "overlap" else 1 if by == "last_frame" else 0


def overlap_of(shot: Shot, part: Part) -> int:
    """How many frames its clips repeat of each other, and of the shot that it goes on from by overlap: the shot's own
    number, or the variant's."""
    own = shot.continuity.frames if continues_by(shot, "overlap") and shot.continuity else None
    return own or part.variant.overlap


def whole_latents(frames: int) -> int:
    """The greatest number of frames up to this one that latents stand for: 1, 5, 9 …"""
    return (max(frames, 1) - 1) // FRAMES_A_LATENT * FRAMES_A_LATENT + 1


def hidden_at_end(shot: Shot) -> int:
    """1 for a shot that ends on a keyframe: the shot that begins with it shows it."""
    return 1 if shot.leads_to is not None else 0


def is_joined(shot: Shot) -> bool:
    """Whether the shot comes after the frames of another one, as its own clips do after each other: speech does."""
    return shot.continuity is not None and shot.audio is not None


def clip_frames(frames: int, part: Part, fps: float) -> int:
    """How many frames of its clips fill `frames` frames of a film of that rate."""
    rate = part.rate(fps)
    return frames if rate == fps else math.ceil(frames * rate / fps - 1e-6)

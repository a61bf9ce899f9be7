"""Which variants a film, and each of its shots, is rendered with: whose checkpoints are needed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.shots.choice import choose_variant, following_part, part_of
from flows.shots.keyframes import keyframes_of
from flows.shots.lengths import clip_frames, film_fps, film_frames, hidden_at_end, hidden_frames
from flows.storyboard.model import Shot, Storyboard
from wan.families import Family


def used_variants(storyboard: Storyboard, family: Family, seconds: Mapping[Path, float]) -> tuple[str, ...]:
    """The variants whose checkpoints the film needs, of those the family has and this version renders."""
    fps = film_fps(storyboard, family)
    shots = (*storyboard.shots, *keyframes_of(storyboard, family, fps).values())
    return tuple(dict.fromkeys(name for shot in shots for name in shot_variants(shot, family, fps, seconds)))


def shot_variants(shot: Shot, family: Family, fps: float, seconds: Mapping[Path, float]) -> tuple[str, ...]:
    """The variants that render one shot of a film of that rate: that of its first clip, and that of the others."""
    part = part_of(family, choose_variant(shot, family))
    if part is None:
        return ()
    following = following_part(part, family, shot)
    shown = clip_frames(film_frames(shot, part, fps, seconds), part, fps)
    if following and following != part and shown > part.longest - hidden_frames(shot, part) - hidden_at_end(shot):
        return part.variant.name, following.variant.name
    return (part.variant.name,)

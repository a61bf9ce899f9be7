"""Shots against models: what a shot brings, which variant renders it, how long it is, how it is cut. Pure."""

from flows.shots.choice import ANY_FAMILY, Part, choose_variant, following_part, part_of
from flows.shots.cutting import ClipCut, cut_into_clips
from flows.shots.inputs import INPUTS, Input
from flows.shots.keyframes import keyframes_of, still_of
from flows.shots.lengths import (
    clip_frames,
    film_fps,
    film_frames,
    hidden_at_end,
    hidden_frames,
    is_joined,
    overlap_of,
)
from flows.shots.used import shot_variants, used_variants

__all__ = [
    "ANY_FAMILY",
    "INPUTS",
    "ClipCut",
    "Input",
    "Part",
    "choose_variant",
    "clip_frames",
    "cut_into_clips",
    "film_fps",
    "film_frames",
    "following_part",
    "hidden_at_end",
    "hidden_frames",
    "is_joined",
    "keyframes_of",
    "overlap_of",
    "part_of",
    "shot_variants",
    "still_of",
    "used_variants",
]

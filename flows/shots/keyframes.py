"""Keyframes: the pictures that shots joined by them begin and end with, and the stills that stand for those that nobody
has given. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flows.shots.choice import choose_variant, part_of
from flows.shots.inputs import references
from flows.shots.misuse import Fault
from flows.storyboard.model import Shot, Storyboard, Transition
from wan.families import FAMILIES, Family
from wan.inputs import cannot_use
from wan.variants import VARIANTS

SUFFIX = " keyframe"
"""Behind a shot's id, the name of the still that it begins with."""
FASTEST = 2.0
"""Times as quick as it is drawn may a shot be shown, for both of its keyframes to be in it."""


def keyframe_id(shot: str) -> str:
    """Of the still that a shot begins with; both are full ids."""
    return shot + SUFFIX


def begins_with_still(shot: Shot) -> bool:
    """Whether a picture is rendered for it to begin with: it is joined by keyframes, and has nothing to begin with."""
    if shot.image is not None:
        return False
    if shot.continuity is not None:
        return shot.continuity.by == "keyframes"
    return shot.leads_to is not None


def still_of(shot: Shot, fps: float, family: Family) -> Shot:
    """One frame of its prompt, in a film of that rate: what it goes on from, and what drives it, is not drawn; pictures
    of the cast are shown to a model that takes some. Where a still is drawn by another model than the shot, LoRAs of
    that one do not fit."""
    own = choose_variant(shot, family)
    shown = own in VARIANTS and "references" in VARIANTS[own].inputs and bool(references(shot))
    still = replace(
        shot,
        duration=1 / fps,
        takes=1,
        take=None,
        variant=own if shown else "auto",
        cast=shot.cast if shown else tuple(replace(member, reference=None) for member in shot.cast),
        image=None,
        end_image=None,
        leads_to=None,
        audio=None,
        motion=None,
        continuity=None,
        transition=Transition(),
        caption=None,
    )
    same = choose_variant(still, family) == own
    return still if same else replace(still, loras=())


def keyframes_of(storyboard: Storyboard, family: Family, fps: float) -> dict[str, Shot]:
    """The stills that shots begin with, by the full id of the shot, each with a name of its own. Of shots that the
    family cannot render, none."""
    found = {}
    for shot in storyboard.shots:
        if begins_with_still(shot) and part_of(family, choose_variant(shot, family)) is not None:
            still = still_of(shot, fps, family)
            if part_of(family, choose_variant(still, family)) is not None:
                found[shot.full_id] = replace(still, id=shot.id + SUFFIX)
    return found


def keyframe_faults(shot: Shot, family: Family) -> Iterator[Fault]:
    """What its model cannot do: begin with a keyframe, or end on one."""
    variant = VARIANTS.get(choose_variant(shot, family))
    if variant is None or variant.name not in family.roles:
        return
    if shot.leads_to is not None and "end_image" not in variant.inputs:
        message = f"it cannot end on the keyframe of {shot.leads_to}: {cannot_use(variant, 'a picture to end on')}"
        yield "leads_to", message, _instead(family)
    if shot.continuity is not None and shot.continuity.by == "keyframes":
        if "image" not in variant.inputs or variant.chained == "carried":
            message = f"it cannot begin with a keyframe: {cannot_use(variant, 'a picture as its first frame')}"
            last_frame = "use `by: last_frame`, or " if "continuity" in variant.inputs else ""
            yield "continuity.by", message, f"{last_frame}write `continuity: none` in this shot"
        elif begins_with_still(shot) and part_of(family, choose_variant(still_of(shot, 1, family), family)) is None:
            message = f"the {family.name} family has nothing that renders a keyframe of it"
            yield "continuity.by", message, "give it a picture: `image`"


def _instead(family: Family) -> str:
    """`by: last_frame`, or a family that has a model for it."""
    if any("end_image" in VARIANTS[name].inputs for name in family.roles):
        return "use `by: last_frame`"
    able = [other.name for other in FAMILIES.values() if any("end_image" in VARIANTS[n].inputs for n in other.roles)]
    return f"use `by: last_frame`, or model={' or model='.join(able)}"

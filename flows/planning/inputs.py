"""Whether a shot's variant can use what the shot brings: what a person wrote is used, or is an error, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from flows.errors import Problem
from flows.planning.media import camera_path
from flows.resolve import full_id
from flows.resolve.needs import choose_variant, shown_references
from flows.storyboard.model import Shot
from wan.families import FAMILIES, Family
from wan.system.suggest import did_you_mean
from wan.variants import VARIANTS, Variant

_INPUTS = ("image", "end_image", "continuity", "audio", "motion", "control", "video")
"""Keys of a shot that a variant can use or not (`Variant.inputs`)."""
_WITHOUT = {
    "audio": "speech needs the picture of a person",
    "motion": "a motion needs the picture of the person who shall move",
}


def input_problems(shot: Shot, family: Family) -> list[Problem]:
    """Everything about the shot that cannot be rendered, each with its place and what to do."""
    found = list(_not_yet(shot)) or list(_no_variant(shot, family)) or list(_contradictions(shot, family))
    return [Problem(shot.where(key), message, fix, full_id(shot.scene, shot.id)) for key, message, fix in found]


def _not_yet(shot: Shot) -> Iterator[tuple[str, str, str]]:
    if shot.continuity is not None and shot.continuity.by != "last_frame":
        yield "continuity.by", f"not rendered yet: continuity by {shot.continuity.by}", "use `by: last_frame`"


def _no_variant(shot: Shot, family: Family) -> Iterator[tuple[str, str, str]]:
    name = choose_variant(shot, family)
    have = ", ".join(family.roles)
    if name not in VARIANTS:
        hint = did_you_mean(name, [*VARIANTS, "auto"], f"there are: auto, {', '.join(VARIANTS)}", repr)
        yield "variant", f"unknown variant {name!r}", hint
    elif name not in family.roles:
        able = [other.name for other in FAMILIES.values() if name in other.roles]
        fix = f"use model={' or model='.join(able)}" if able else "leave `variant` out"
        yield _asks_for(shot), f"the {family.name} family has no checkpoint for {name}; it has {have}", fix


def _contradictions(shot: Shot, family: Family) -> Iterator[tuple[str, str, str]]:
    variant = VARIANTS[choose_variant(shot, family)]
    for key in _INPUTS:
        if getattr(shot, key) and key not in variant.inputs:
            yield key, f"{variant.name} cannot use `{key}`", _remedy(key, shot, family)
    both = shot.image and shot.continuity and "continuity" in variant.inputs
    if both and shot.continuity and "audio" not in variant.inputs:  # of speech, `image` is who speaks
        message = f"a shot starts from `image` or from the last frame of {shot.continuity.source}, not from both"
        yield "image", message, "remove `image`, or write `continuity: none`"
    yield from _missing(shot, variant)
    if shot.sampling.boundary_ratio is not None and variant.sampling.boundary_ratio is None:
        message = f"{variant.name} has one transformer, and no boundary between two"
        yield "sampling.boundary_ratio", message, "remove it here, or write it into the shots of two experts alone"
    if shot.motion and "audio" in variant.inputs:
        for key in ("video", "face", "background", "mask"):
            if getattr(shot.motion, key) is not None:
                message = f"{variant.name} moves as a ready-made pose video does, and cannot use `{key}`"
                yield f"motion.{key}", message, "give `motion: {pose: ...}` alone, or remove `motion`"
    if "image" not in variant.inputs:
        for member in shot.cast:
            if member.reference:
                message = f"{variant.name} renders from text alone and cannot use the reference of <{member.id}>"
                yield "prompt", message, "start the shot from a picture (`image`), or remove the member's `reference`"


def _asks_for(shot: Shot) -> str:
    """The key that a shot has its variant from."""
    keys = (
        ("variant",) if shot.variant != "auto" else ("audio", "motion", "control", "image", "end_image", "continuity")
    )
    return next((key for key in keys if getattr(shot, key)), "variant")


def _remedy(key: str, shot: Shot, family: Family) -> str:
    able = [name for name, other in VARIANTS.items() if key in other.inputs]
    if shot.variant != "auto":
        return f"remove it, or use `variant: auto`; {', '.join(able)} can" if able else "remove it"
    models = [
        other.name for other in FAMILIES.values() if other is not family and any(name in other.roles for name in able)
    ]
    if not able or any(name in family.roles for name in able):
        return f"remove it, or `{_asks_for(shot)}`"
    return f"remove it; {', '.join(able)} can, with model={' or model='.join(models)}"


def _missing(shot: Shot, variant: Variant) -> Iterator[tuple[str, str, str]]:
    given = {key for key in _INPUTS if getattr(shot, key)}
    if shot.control is not None and shot.control.video is None:
        given.discard("control")  # a scale alone is nothing to follow
    if shot.continuity and "continuity" in variant.inputs:
        given.add("image")
    if camera_path(shot, variant) is not None or ("references" in variant.inputs and shown_references(shot)):
        given.add("control")
    for key in sorted(variant.needs - given):
        at = next((other for other in ("end_image", "audio", "motion") if other in given), "variant")
        if key == "image":
            why = next((_WITHOUT[other] for other in _WITHOUT if other in given), None)
            message = f"{variant.name} needs a picture to start from" + (f": {why}" if why else "")
            fix = "add `image`, or `continuity: {from: ...}`" if "continuity" in variant.inputs else "add `image`"
            yield at, message, fix
        elif key == "control" and shot.control is not None:
            message = f"{variant.name} has nothing to follow: `control` holds neither video nor references"
            yield "control", message, "add `video` or `references` to it, or a camera path such as `slow pan left`"
        else:
            yield "variant", f"{variant.name} needs `{key}`", f"add `{key}`, or use `variant: auto`"

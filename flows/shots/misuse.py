"""What a shot brings against the variant that is to render it: each thing it cannot use, or lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from flows.errors import Place
from flows.shots.choice import choose_variant, key_of_variant, part_of
from flows.shots.inputs import GROUPS, Input, asked_of_a_variant, brought, called, continues_by, place_key
from flows.shots.lengths import overlap_of, whole_latents
from flows.storyboard.model import Shot
from wan.families import FAMILIES, Family
from wan.inputs import Use, cannot_use, needs, one_transformer, who_can
from wan.variants import VARIANTS, Variant

Fault: TypeAlias = tuple[str | Place, str, str]
"""The key or place, what is wrong, what to do."""


def misuses(shot: Shot, family: Family) -> Iterator[Fault]:
    """All of them; the family has the variant."""
    variant = VARIANTS[choose_variant(shot, family)]
    rows = [row for row, _ in brought(shot)]
    yield from _unusable(shot, variant, family)
    yield from _other_than_a_pose(rows, variant)
    yield from _two_first_frames(shot, variant)
    yield from _nothing_but_overlap(shot, variant, family)
    yield from _lacking(shot, rows, variant)
    yield from _faces_of_the_cast(shot, variant)
    yield from _experts(shot, variant)


def _unusable(shot: Shot, variant: Variant, family: Family) -> Iterator[Fault]:
    for key, asked in asked_of_a_variant(shot).items():
        if not asked <= variant.inputs:
            what = called(shot, key) if called(shot, key) != key else f"`{key}`"
            yield place_key(shot, key), cannot_use(variant, what), _remedy(shot, family, *(asked - variant.inputs))


def _remedy(shot: Shot, family: Family, *asked: str) -> str:
    able = who_can(*map(Use, asked))
    if shot.variant != "auto":
        return f"remove it, or use `variant: auto`; {able}" if able else "remove it"
    names = [name for name, other in VARIANTS.items() if set(asked) <= other.inputs]
    if not names or any(name in family.roles for name in names):
        return f"remove it, or `{key_of_variant(shot)}`"
    models = [other.name for other in FAMILIES.values() if other is not family and other.roles.keys() & set(names)]
    return f"remove it; {able}, with model={' or model='.join(models)}"


def _other_than_a_pose(rows: Sequence[Input], variant: Variant) -> Iterator[Fault]:
    """Who speaks moves as a pose says: the variant takes one input of a key and not the others."""
    for row in rows:
        if row.use is not None and row.use.asks in variant.inputs and not row.use.by(variant):
            group, _, inner = row.key.partition(".")
            message = f"{variant.name} moves as a ready-made pose video does, and cannot use `{inner}`"
            yield row.key, message, f"give `{group}: {{pose: ...}}` alone, or remove `{group}`"


def _two_first_frames(shot: Shot, variant: Variant) -> Iterator[Fault]:
    """Of speech, `image` is who speaks; of all others it is the first frame."""
    begins = continues_by(shot, "last_frame", "overlap") and "continuity" in variant.inputs
    if shot.image and shot.continuity and begins and "audio" not in variant.inputs:
        frame = "last frames" if continues_by(shot, "overlap") else "last frame"
        message = f"a shot starts from `image` or from the {frame} of {shot.continuity.source}, not from both"
        yield "image", message, "remove `image`, or write `continuity: none`"


def _nothing_but_overlap(shot: Shot, variant: Variant, family: Family) -> Iterator[Fault]:
    """A clip that begins with frames of another shot has room for a latent frame of its own at least."""
    part = part_of(family, variant.name)
    if part is None or not continues_by(shot, "overlap") or "overlap" not in variant.inputs:
        return
    most = whole_latents(part.longest - 1)
    if (wanted := overlap_of(shot, part)) > most:
        message = f"an overlap of {wanted} frames leaves nothing of a clip of {variant.name}, of {part.longest} frames"
        yield "continuity.frames", message, f"write {most} or less"


def _lacking(shot: Shot, rows: Sequence[Input], variant: Variant) -> Iterator[Fault]:
    met = {row.meets for row in rows if row.use is not None and row.use.by(variant)}
    if continues_by(shot, "overlap", "reference"):
        met.add("image")  # if it is missing all the same, the way of going on was refused
    for need in sorted(variant.needs - met):
        at = key_of_variant(shot)
        beside = GROUPS[at][0].beside if at in GROUPS and need == "image" else ""
        yield at, needs(variant, need) + (f": {beside}" if beside else ""), _supply(need, shot, variant)


def _supply(need: str, shot: Shot, variant: Variant) -> str:
    if need == "image":
        return "add `image`, or `continuity: {from: ...}`" if "continuity" in variant.inputs else "add `image`"
    if need == "control":
        what = "`video` or `references` to it" if shot.control else "`control`"
        on = "write `by: overlap`, " if shot.continuity else ""
        return f"{on}add {what}, or a camera path such as `slow pan left`"
    return f"add `{need}`, or use `variant: auto`"


def _faces_of_the_cast(shot: Shot, variant: Variant) -> Iterator[Fault]:
    """A variant that starts from a picture takes looks from there; one that cannot would leave them out unseen."""
    if "image" not in variant.inputs:
        for member in shot.cast:
            if member.reference:
                message = f"{variant.name} renders from text alone and cannot use the reference of <{member.id}>"
                yield "prompt", message, "start the shot from a picture (`image`), or remove the member's `reference`"


def _experts(shot: Shot, variant: Variant) -> Iterator[Fault]:
    """A variant with one transformer has no experts to choose from."""
    if variant.experts == 2:
        return
    if shot.sampling.boundary_ratio is not None:
        fix = "remove it here, or write it into the shots of two experts alone"
        yield "sampling.boundary_ratio", one_transformer(variant, "boundary between two"), fix
    for lora in shot.loras:
        if lora.expert != "both":
            message = one_transformer(variant, f"{lora.expert}-noise expert")
            yield lora.place or "loras", message, "leave `expert` out"

"""VACE for ComfyUI: a control video, a mask, a reference, frames to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.clips import Medium
from flows.export.clips import Conditioned, Made, Making
from flows.export.conditioning import extent_of, media_of, part
from flows.export.graph import Link
from flows.planning.model import Clip


def build(making: Making, clip: Clip, before: Made | None) -> Made:
    """The clip as nodes."""
    positive, negative = making.texts(clip)
    media, graph = media_of(clip), making.graph
    control, mask = _control_and_mask(making, clip, before, media)
    node = graph.add(
        "WanVaceToVideo",
        positive=positive,
        negative=negative,
        vae=making.vae(clip),
        strength=clip.spec.control_scale,
        control_video=control,
        control_masks=None if mask is None else graph.add("ImageToMask", image=mask, channel="red"),
        reference_image=_reference(making, clip, media.get("references", [])),
        **extent_of(clip),
    )
    latent = making.sample(clip, Conditioned(node, node.other(1), node.other(2)))
    trimmed = graph.add("TrimVideoLatent", samples=latent, trim_amount=node.other(3))
    return Made(clip, latent, making.decode(clip, trimmed), node)


def _control_and_mask(
    making: Making, clip: Clip, before: Made | None, media: Mapping[str, Sequence[Medium]]
) -> tuple[Link | None, Link | None]:
    """As frames. What the clip begins with stands first, and is black in the mask; where the control video ends the
    node goes on in grey, and where the mask does in white."""
    graph = making.graph
    begin, known = making.begins_with(clip, before)
    control, mask = (
        part(making, clip, making.video(media[name][0].digest), known) if name in media else None
        for name in ("control", "mask")
    )
    if begin is None:
        return control, mask
    size = clip.spec.width, clip.spec.height
    kept = graph.add("EmptyImage", "Kept", width=size[0], height=size[1], batch_size=known, color=0)
    joined = begin if control is None else graph.add("ImageBatch", image1=begin, image2=control)
    return joined, kept if mask is None else graph.add("ImageBatch", image1=kept, image2=mask)


def _reference(making: Making, clip: Clip, references: Sequence[Medium]) -> Link | None:
    """The first of what is shown to the clip: the shot's and the cast's pictures, then a frame of another shot."""
    hand_off = clip.spec.hand_off
    looks = hand_off is not None and hand_off.what == "reference"
    shown = len(references) + looks
    if shown > 1:
        making.note(f"ComfyUI takes one reference picture; this shot has {shown}, the first is used.")
    if references:
        return making.picture(references[0].digest)
    return making.handed_off(clip, None) if looks else None

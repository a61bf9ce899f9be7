"""VACE for ComfyUI: a control video, a mask, a reference."""

from __future__ import annotations

from flows.export.clips import Conditioned, Made, Making
from flows.export.conditioning import extent_of, media_of, part
from flows.planning.model import Clip


def build(making: Making, clip: Clip, before: Made | None) -> Made:
    """The clip as nodes."""
    positive, negative = making.texts(clip)
    media, graph = media_of(clip), making.graph
    control = part(making, clip, making.video(media["control"][0].digest)) if "control" in media else None
    mask = None
    if "mask" in media:
        frames = part(making, clip, making.video(media["mask"][0].digest))
        mask = graph.add("ImageToMask", image=frames, channel="red")
    references = media.get("references", [])
    if len(references) > 1:
        making.note(f"ComfyUI takes one reference picture; this shot has {len(references)}, the first is used.")
    start = making.handed_off(clip, before)
    if before is not None:
        making.note(
            "VACE from clip to clip: put the last 5 frames of the clip before into the first 5 of the control video, "
            "and black into its mask there."
        )
    elif start is not None:
        making.note("A first frame beside the control video has no input of its own: put it into the control video.")
    node = graph.add(
        "WanVaceToVideo",
        positive=positive,
        negative=negative,
        vae=making.vae(clip),
        strength=clip.spec.control_scale,
        control_video=control,
        control_masks=mask,
        reference_image=making.picture(references[0].digest) if references else None,
        **extent_of(clip),
    )
    latent = making.sample(clip, Conditioned(node, node.other(1), node.other(2)))
    trimmed = graph.add("TrimVideoLatent", samples=latent, trim_amount=node.other(3))
    return Made(clip, latent, making.decode(clip, trimmed), node)

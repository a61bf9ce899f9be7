"""T2V for ComfyUI: empty latents, or those of a video that is changed."""

from __future__ import annotations

from flows.export.clips import Conditioned, Made, Making
from flows.export.conditioning import extent_of, finished, media_of, part
from flows.planning.model import Clip


def build(making: Making, clip: Clip, before: Made | None) -> Made:
    """The clip as nodes."""
    positive, negative = making.texts(clip)
    given = media_of(clip).get("video", [])
    if not given or clip.spec.strength is None:
        latent = making.graph.add("EmptyHunyuanLatentVideo", "Empty latents", **extent_of(clip))
        return finished(making, clip, Conditioned(positive, negative, latent), latent)
    frames = part(making, clip, making.video(given[0].digest))
    fitted = making.graph.add(
        "ImageScale",
        image=frames,
        upscale_method="bicubic",
        width=clip.spec.width,
        height=clip.spec.height,
        crop="center",
    )
    latent = making.graph.add("VAEEncode", "Video", pixels=fitted, vae=making.vae(clip))
    if before is not None:
        making.note(
            "Video to video: wanflow begins each clip with 5 frames of the one before; core nodes cannot do that."
        )
    first = clip.spec.sampling.num_inference_steps - clip.spec.steps_taken
    return finished(making, clip, Conditioned(positive, negative, latent), latent, first_step=first)

"""TI2V for ComfyUI: latents that may begin with a picture."""

from __future__ import annotations

from flows.export.clips import Conditioned, Made, Making
from flows.export.conditioning import extent_of, finished
from flows.planning.model import Clip


def build(making: Making, clip: Clip, before: Made | None) -> Made:
    """The clip as nodes."""
    positive, negative = making.texts(clip)
    start = making.handed_off(clip, before)
    node = making.graph.add("Wan22ImageToVideoLatent", vae=making.vae(clip), start_image=start, **extent_of(clip))
    return finished(making, clip, Conditioned(positive, negative, node), node)

"""I2V for ComfyUI: a first picture, or a first and a last one."""

from __future__ import annotations

from flows.export.clips import Conditioned, Made, Making
from flows.export.conditioning import extent_of, finished
from flows.export.graph import Value
from flows.planning.model import Clip


def build(making: Making, clip: Clip, before: Made | None) -> Made:
    """The clip as nodes."""
    positive, negative = making.texts(clip)
    start = making.handed_off(clip, before)
    end = making.end_picture(clip)
    making.note("Pictures: ComfyUI crops them to the size; the reference stretches them bicubically.")
    common: dict[str, Value | None] = {
        "positive": positive,
        "negative": negative,
        "vae": making.vae(clip),
        **extent_of(clip),
    }
    if end is None:
        node = making.graph.add("WanImageToVideo", start_image=start, **common)
    else:
        node = making.graph.add("WanFirstLastFrameToVideo", start_image=start, end_image=end, **common)
    return finished(making, clip, Conditioned(node, node.other(1), node.other(2)), node)

"""What the variants' conditions share as ComfyUI's nodes (`flows.export.variants`)."""

from __future__ import annotations

from flows.clips import Medium
from flows.export.clips import Conditioned, Made, Making
from flows.export.graph import Link, Value
from flows.planning.model import Clip


def extent_of(clip: Clip) -> dict[str, Value | None]:
    """The inputs that say how large and how long it is."""
    return {"width": clip.spec.width, "height": clip.spec.height, "length": clip.spec.num_frames, "batch_size": 1}


def media_of(clip: Clip) -> dict[str, list[Medium]]:
    """The clip's media by name."""
    by_name: dict[str, list[Medium]] = {}
    for medium in clip.spec.media:
        by_name.setdefault(medium.name, []).append(medium)
    return by_name


def finished(making: Making, clip: Clip, given: Conditioned, node: Link, **more: object) -> Made:
    """The clip, sampled and decoded."""
    latent = making.sample(clip, given, **more)  # type: ignore[arg-type]
    return Made(clip, latent, making.decode(clip, latent), node)


def part(making: Making, clip: Clip, frames: Link, known: int = 0) -> Link:
    """The frames of this clip, of a video of the whole shot, behind those that the clip begins with."""
    first, length = clip.spec.start_frame + known, clip.spec.num_frames - known
    return making.graph.add("ImageFromBatch", image=frames, batch_index=first, length=length)

"""What drives a shot's clips beside words and pictures: sounds, videos, extra weights, by digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flows.clips import ClipLora, Medium
from flows.resolve import Snapshot
from flows.resolve.needs import shown_references
from flows.storyboard.model import Shot
from wan.families import Role
from wan.frames.camera import parse_camera
from wan.variants import VARIANTS, Variant

Digest = Callable[[Path | None], str | None]


def clip_media(shot: Shot, variant: Variant, digest: Digest) -> tuple[Medium, ...]:
    """The media of every clip of the shot, those of the whole shot: a clip finds its own part by `start_frame`."""
    found: list[tuple[str, Path | None, str]] = []
    if "audio" in variant.inputs:
        found.append(("audio", shot.audio, ""))
    if shot.motion is not None and "motion" in variant.inputs:
        found.append(("motion", shot.motion.video, shot.motion.mode))
        found += [(name, getattr(shot.motion, name), "") for name in ("pose", "face", "background", "mask")]
    if shot.control is not None and "control" in variant.inputs:
        found += [("control", shot.control.video, ""), ("mask", shot.control.mask, "")]
    if "references" in variant.inputs:
        found += [("references", path, "") for path in shown_references(shot)]
    if shot.video is not None and "video" in variant.inputs:
        found.append(("video", shot.video.file, ""))
    return tuple(Medium(name, mark, option) for name, path, option in found if (mark := digest(path)) is not None)


def camera_path(shot: Shot, variant: Variant) -> str | None:
    """The shot's camera in words, where they name a path that the variant can follow and no control video leads."""
    led = shot.control is not None and shot.control.video is not None
    if not shot.camera or led or "control" not in variant.inputs:
        return None
    return shot.camera if parse_camera(shot.camera) is not None else None


def clip_loras(shot: Shot, role: Role, snapshot: Snapshot) -> tuple[ClipLora, ...]:
    """The family's own LoRAs, then the shot's, each on the experts that its keys name if they name any. A name that
    stands for no file, or asks for an expert of which a file holds nothing, is among the snapshot's problems."""
    found = snapshot.loras
    own = [ClipLora(found[lora], 1.0, lora.expert) for lora in role.loras if lora in found]
    two = VARIANTS[role.variant].sampling.boundary_ratio is not None
    named = []
    for lora in shot.loras:
        experts = snapshot.lora_experts.get(lora.key, ()) if two and lora.expert == "both" else ()
        if lora.key in found:
            named += [ClipLora(found[lora.key], lora.weight, expert) for expert in experts or (lora.expert,)]
    return (*own, *named)

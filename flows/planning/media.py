"""What drives a shot's clips beside words and pictures: sounds, videos, extra weights, by digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flows.clips import ClipLora, Medium
from flows.resolve import Snapshot
from flows.shots.inputs import media_of, names_a_path
from flows.storyboard.model import Shot
from wan.families import Role
from wan.inputs import can_use
from wan.variants import VARIANTS, Variant

Digest = Callable[[Path | None], str | None]


def clip_media(shot: Shot, variant: Variant, digest: Digest) -> tuple[Medium, ...]:
    """The media of every clip of the shot, those of the whole shot: a clip finds its own part by `start_frame`."""
    files = ((row, digest(path)) for row, path in media_of(shot, variant))
    return tuple(Medium(row.name, mark, row.option_of(shot)) for row, mark in files if mark is not None)


def camera_path(shot: Shot, variant: Variant) -> str | None:
    """The shot's camera in words, where they name a path that the variant can follow and no control video leads."""
    return shot.camera if can_use(variant, "camera") and names_a_path(shot) else None


def clip_loras(shot: Shot, role: Role, snapshot: Snapshot) -> tuple[ClipLora, ...]:
    """The family's own LoRAs, then the shot's, each on the experts that its keys name if they name any. A name that
    stands for no file, or asks for an expert of which a file holds nothing, is among the snapshot's problems."""
    known = snapshot.loras
    own = [ClipLora(known[lora], 1.0, lora.expert) for lora in role.loras if lora in known]
    two = VARIANTS[role.variant].experts == 2
    named = []
    for lora in shot.loras:
        experts = snapshot.lora_experts.get(lora.key, ()) if two and lora.expert == "both" else ()
        if lora.key in known:
            named += [ClipLora(known[lora.key], lora.weight, expert) for expert in experts or (lora.expert,)]
    return (*own, *named)

"""LoRAs against the checkpoints they are laid on, by the headers of both: one of another model is found by the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from flows.errors import Problem
from flows.resolve.needs import film_fps, full_id, shot_variants
from flows.storyboard.model import Storyboard
from wan.checkpoint import Checkpoint
from wan.errors import CheckpointError, RequestError
from wan.families import Family, FamilyLora
from wan.lora_fit import Shapes, check_fit, transformer_shapes


def misfits(
    storyboard: Storyboard,
    family: Family,
    files: Mapping[str | FamilyLora, Path],
    checkpoints: Mapping[str, Checkpoint],
    seconds: Mapping[Path, float],
) -> Iterator[Problem]:
    """Every LoRA that was made for another model than one of those its shot is rendered with. `files` are those that
    could be read; a checkpoint that is not among `checkpoints`, or cannot be read, is no yardstick."""

    @cache
    def shapes(variant: str) -> Shapes | None:
        try:
            return transformer_shapes(checkpoints[variant]) if variant in checkpoints else None
        except CheckpointError:  # said when it is loaded, with more words
            return None

    @cache
    def fault(path: Path, variant: str) -> str | None:
        takes = shapes(variant)
        try:
            if takes is not None:
                check_fit(path, takes)
        except (RequestError, CheckpointError) as error:
            return str(error)
        return None

    fps = film_fps(storyboard, family)
    for shot in storyboard.shots:
        for lora in shot.loras:
            path = files.get(lora.key)
            faults: dict[str, list[str]] = {}
            for variant in shot_variants(shot, family, fps, seconds) if path else ():
                if path and (message := fault(path, variant)):
                    faults.setdefault(message, []).append(variant)
            for message, variants in faults.items():
                place, fix = lora.place or shot.where("loras"), f"take one that was made for {' and '.join(variants)}"
                yield Problem(place, message, f"{fix}, or remove it", full_id(shot.scene, shot.id))
    for variant in checkpoints:
        for own in family.roles[variant].loras:
            if own in files and (message := fault(files[own], variant)):
                yield Problem(None, f"{files[own]}: {message}", f"fetch it again: wanflow models pull {own.model}")

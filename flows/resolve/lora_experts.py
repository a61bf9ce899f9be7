"""Which expert each LoRA is for: what its keys say counts, what its name says is remarked where nobody asked for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from flows.errors import Problem
from flows.shots import film_fps, shot_variants
from flows.storyboard.model import Storyboard
from wan.errors import CheckpointError, RequestError
from wan.families import Family, FamilyLora
from wan.lora.file import open_lora
from wan.lora.notes import spoken_expert
from wan.request import ExpertName
from wan.variants import VARIANTS


def named_experts(files: Mapping[str | FamilyLora, Path]) -> dict[str | FamilyLora, tuple[ExpertName, ...]]:
    """The experts that the keys of these files name, of those that name any. All can be read: they were looked at."""
    by_lora = {lora: experts_of(path) for lora, path in files.items()}
    return {lora: experts for lora, experts in by_lora.items() if experts}


def unsaid_experts(
    storyboard: Storyboard, family: Family, files: Mapping[str | FamilyLora, Path], seconds: Mapping[Path, float]
) -> Iterator[Problem]:
    """A remark for each LoRA that is laid on both experts, as nothing else was said, and was made for one of them to
    judge by its name or its metadata."""
    spoken, experts = cache(_spoken), cache(experts_of)  # many shots may share a file
    fps = film_fps(storyboard, family)
    for shot in storyboard.shots:
        for lora in shot.loras:
            path = files.get(lora.key)
            if path is None or lora.expert != "both" or experts(path):
                continue
            expert = spoken(path)
            if expert and any(has_experts(variant) for variant in shot_variants(shot, family, fps, seconds)):
                message = f"{path.name} is laid on both experts, and was made for the {expert}-noise one, as it says"
                place = lora.place or shot.where("loras")
                yield Problem(place, message, f"write `expert: {expert}` beside its name", shot.full_id)


def has_experts(variant: str) -> bool:
    """Whether a variant has two transformers."""
    row = VARIANTS.get(variant)
    return row is not None and row.experts == 2


def experts_of(path: Path) -> tuple[ExpertName, ...]:
    """The experts that a file's keys name; none for a file that cannot be used, which is said elsewhere."""
    try:
        return open_lora(path).experts
    except RequestError:
        return ()


def _spoken(path: Path) -> str | None:
    try:
        return spoken_expert(path)
    except CheckpointError:
        return None

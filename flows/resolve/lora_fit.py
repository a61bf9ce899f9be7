"""LoRAs against the checkpoints they are laid on, by the headers of both: one of another model is found by the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

from flows.errors import Problem
from flows.resolve.lora_experts import experts_of, has_experts
from flows.shots import film_fps, shot_variants
from flows.storyboard.model import Lora, Shot, Storyboard
from wan.errors import CheckpointError, RequestError
from wan.families import Family, FamilyLora
from wan.lora.file import UnusableLora
from wan.lora.fit import Shapes, check_fit, transformer_shapes
from wan.weights.checkpoint import Checkpoint

_Fault: TypeAlias = tuple[str, str | None]
"""What is wrong, and what to do, if it is something else than taking another file."""


def misfits(
    storyboard: Storyboard,
    family: Family,
    files: Mapping[str | FamilyLora, Path],
    checkpoints: Mapping[str, Checkpoint],
    seconds: Mapping[Path, float],
) -> Iterator[Problem]:
    """Every LoRA that was made for another model than one of those its shot is rendered with. `files` are those that
    could be read; a checkpoint that is not among `checkpoints`, or cannot be read, is no yardstick."""
    fit = _Fit(checkpoints)
    fps = film_fps(storyboard, family)
    for shot in storyboard.shots:
        here = [(lora, files[lora.key]) for lora in shot.loras if lora.key in files]
        variants = shot_variants(shot, family, fps, seconds) if here else ()
        for lora, path in here:
            yield from _misfits_of_lora(fit, shot, lora, path, variants)
    for variant in checkpoints:
        for own in family.roles[variant].loras:
            if own in files and (wrong := fit.fault(files[own], variant)):
                yield Problem(None, f"{files[own]}: {wrong[0]}", f"fetch it again: wanflow models pull {own.model}")


class _Fit:
    """Files of LoRAs against checkpoints; every file is looked at once a variant."""

    def __init__(self, checkpoints: Mapping[str, Checkpoint]) -> None:
        self._checkpoints = checkpoints
        self.experts = cache(experts_of)
        self.fault = cache(self._fault)
        self._shapes = cache(self._shapes_of)

    def _fault(self, path: Path, variant: str) -> _Fault | None:
        takes = self._shapes(variant)
        try:
            if takes is not None:
                check_fit(path, takes, experts=has_experts(variant))
        except UnusableLora as error:
            return _said(path, error), error.fix
        except (RequestError, CheckpointError) as error:
            return _said(path, error), None
        return None

    def _shapes_of(self, variant: str) -> Shapes | None:
        try:
            return transformer_shapes(self._checkpoints[variant]) if variant in self._checkpoints else None
        except CheckpointError:  # said when it is loaded, with more words
            return None


def _misfits_of_lora(fit: _Fit, shot: Shot, lora: Lora, path: Path, variants: Iterable[str]) -> Iterator[Problem]:
    """One problem for each fault, whichever of the shot's variants have it."""
    faults: dict[_Fault, list[str]] = {}
    for variant in variants:
        if wrong := fit.fault(path, variant) or _other_expert(path, fit.experts(path), lora, variant):
            faults.setdefault(wrong, []).append(variant)
    for (message, fix), having in faults.items():
        mend = fix or f"take one that was made for {' and '.join(having)}, or remove it"
        yield Problem(lora.place or shot.where("loras"), message, mend, shot.full_id)


def _other_expert(path: Path, experts: Sequence[str], lora: Lora, variant: str) -> _Fault | None:
    """A file that holds one expert alone, asked for on the other."""
    if lora.expert == "both" or not has_experts(variant) or not experts or lora.expert in experts:
        return None
    message = f"{path.name} is laid on the {lora.expert}-noise expert, and holds weights for the {experts[0]}-noise one"
    return message, f"write `expert: {experts[0]}`, or leave it out"


def _said(path: Path, error: Exception) -> str:
    return str(error).removeprefix("loras: ").replace(str(path), path.name)

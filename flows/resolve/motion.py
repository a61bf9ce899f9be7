"""What a driving video needs beside Animate itself: the models that read a motion, and the LoRA that relights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flows.errors import EnvironmentProblem
from flows.shots import choose_variant
from flows.shots.inputs import ANIMATE
from flows.storyboard.model import Storyboard
from wan.errors import CheckpointError
from wan.families import Family
from wan.variants.animate.preprocess.key import models_digest
from wan.variants.animate.relighting import relighting_lora
from wan.weights.checkpoint import Checkpoint
from wan.weights.places import folder_of, pulled

POSES, MASKS = "animate-pose", "sam2-hiera-large"
"""The models' names in the catalog (`wanflow models list`)."""


@dataclass(frozen=True, slots=True)
class MotionFacts:
    """`models` maps a mode (`animate`, `replace`) that some driving video is used in to the digest of the models that
    prepare it. `relighting` is the LoRA for replaced persons, where there is one. `lacks` are models that are not here,
    each with how to get it."""

    models: Mapping[str, str] = field(default_factory=dict)
    relighting: Path | None = None
    lacks: tuple[str, ...] = ()


def look_at_motions(storyboard: Storyboard, family: Family, root: Path | None) -> MotionFacts:
    """Looks at files, and loads nothing."""
    moved = [shot.motion for shot in storyboard.shots if shot.motion and choose_variant(shot, family) == ANIMATE]
    modes = sorted({motion.mode for motion in moved if motion.video is not None})
    models: dict[str, str] = {}
    lacks: dict[str, None] = {}
    for mode in modes:
        faults = [fault for name in _models_of(mode) if (fault := _missing(name, root))]
        try:
            models |= {} if faults else {mode: models_digest(*motion_models(root, replaces=mode == "replace"))}
        except CheckpointError as error:
            faults.append(f"{error}\n    fetch it again: wanflow models pull {_broken(root)}")
        lacks |= dict.fromkeys(faults)
    replaces = any(motion.mode == "replace" for motion in moved) and ANIMATE in family.roles
    return MotionFacts(models, _relighting(family, root) if replaces else None, tuple(lacks))


def motion_models(root: Path | None, *, replaces: bool) -> tuple[Path, Path | None]:
    """The folders of the models that read a motion and, to replace a person, of SAM 2: under `root` (`model.root`), or
    where models are pulled to. Raises EnvironmentProblem."""
    return _pulled(POSES, root), _pulled(MASKS, root) if replaces else None


def _models_of(mode: str) -> tuple[str, ...]:
    return (POSES, MASKS) if mode == "replace" else (POSES,)


def _broken(root: Path | None) -> str:
    """The name of the model that has no digest, where not all have one."""
    try:
        models_digest(_pulled(POSES, root))
    except CheckpointError:
        return POSES
    return MASKS


def _missing(name: str, root: Path | None) -> str | None:
    try:
        _pulled(name, root)
    except EnvironmentProblem as error:
        return str(error)
    return None


def _pulled(name: str, root: Path | None) -> Path:
    folder = (pulled(name, root) if root is not None else None) or pulled(name)
    if folder is None:
        raise EnvironmentProblem(
            f"a driving video (motion.video) is prepared by models that are not in {folder_of(name)}\n    fetch them: "
            f"wanflow models pull {name}; or give ready-made videos (motion.pose, motion.face)"
        )
    return folder


def _relighting(family: Family, root: Path | None) -> Path | None:
    try:
        # a family with a root of its own is one made anew: the released checkpoint's LoRA is of no use to it
        return relighting_lora(Checkpoint.open(family, ANIMATE, root), published=family.root is None)
    except CheckpointError:  # among what the film lacks already
        return None

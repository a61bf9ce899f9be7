"""The resolve stage: everything that planning must know of the world, asked once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import SettingsError
from flows.ledger import read_overheads, read_timings
from flows.resolve.files import Use, first_uses, look_at_files
from flows.resolve.foreign import foreign_pictures
from flows.resolve.lora_experts import named_experts, unsaid_experts
from flows.resolve.lora_fit import misfits
from flows.resolve.loras import FoundLoras, find_loras
from flows.resolve.machine import machine_faults
from flows.resolve.memory import recall
from flows.resolve.motion import MotionFacts, look_at_motions
from flows.resolve.snapshot import Snapshot
from flows.settings import ModelSettings, Settings
from flows.shots import ANY_FAMILY, used_variants
from flows.store import Store
from flows.storyboard.model import Storyboard
from wan.errors import CheckpointError
from wan.families import FAMILIES, Family
from wan.model.attention import FLASH_3, lacking
from wan.system.suggest import did_you_mean
from wan.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from flows.resolve.extend import Extensions


def resolve(
    storyboard: Storyboard,
    settings: Settings,
    store: Store,
    on_prompt: Callable[[int, int], None] | None = None,
    *,
    weights: bool = True,
) -> Snapshot:
    """Looks at assets, checkpoints, store and ledger; writes nothing but a cache of digests, and extended prompts.

    Without `weights` checkpoints are not looked for: the plan then says what would be rendered, and cannot be.
    `on_prompt` hears how many prompts of how many were asked for. Broken assets and prompts that could not be extended
    become `problems` of the snapshot, missing and broken checkpoints and models what it `lacks`. Raises SettingsError
    for an unknown family, EnvironmentProblem for a model for prompts that is missing, StoreError.
    """
    family = family_of(settings.model)
    loras = find_loras(storyboard, family, settings.model)
    motion = look_at_motions(storyboard, family, settings.model.root) if weights else MotionFacts()
    files = look_at_files(_uses(storyboard, family, loras, motion))
    laid = loras.files(files.facts)
    absent = {} if weights else {path: _stand_in(path) for path in loras.missing.values()}
    digests = files.digests | absent
    used = used_variants(storyboard, family, files.seconds) if weights else ()
    checkpoints, broken = _checkpoints(family, used, settings.model.root)
    misfit = misfits(storyboard, family, laid, checkpoints, files.seconds)
    prompts = _extended(storyboard, family, settings, store, digests, on_prompt)
    return Snapshot(
        storyboard_digest=_digest(storyboard),
        digests=digests,
        image_sizes=files.sizes,
        media_seconds=files.seconds,
        treated=files.treated,
        checkpoints={variant: checkpoint.revision for variant, checkpoint in checkpoints.items()},
        finished=store.finished,
        timings=read_timings(store),
        overheads=read_overheads(store),
        past=recall(store, storyboard),
        prompts=prompts.prompts,
        kept_prompts=prompts.kept,
        loras=loras.digests(digests),
        lora_experts=named_experts(laid),
        motion=motion,
        problems=(*files.problems, *loras.problems, *misfit, *prompts.problems),
        remarks=(*files.remarks, *unsaid_experts(storyboard, family, laid, files.seconds)),
        foreign=foreign_pictures(storyboard, family, files.facts),
        lacks=tuple(dict.fromkeys([*loras.lacks, *motion.lacks, *broken])) if weights else (),
        machine=machine_faults(settings, family) if weights else (),
        flash_3=lacking(FLASH_3, gpu=True) is None,
    )


def look_at_headers(storyboard: Storyboard) -> Snapshot:
    """Only what the headers of sounds, videos and LoRAs beside the storyboard say: kinds, sizes and lengths. Pictures'
    headers are read with the storyboard itself."""
    uses = {path: use for path, use in first_uses(storyboard, ANY_FAMILY).items() if use[0] != "image"}
    files = look_at_files(uses, headers=True)
    return Snapshot(
        storyboard_digest="",
        image_sizes=files.sizes,
        media_seconds=files.seconds,
        problems=tuple(files.problems),
        remarks=tuple(files.remarks),
    )


def family_of(model: ModelSettings) -> Family:
    """The family that `model=` names. Raises SettingsError, naming the nearest."""
    family = FAMILIES.get(model.family)
    if family is None:
        hint = did_you_mean(model.family, FAMILIES, f"there are: {', '.join(sorted(FAMILIES))}", repr)
        raise SettingsError(f"model.family: no family is called {model.family!r}; {hint}")
    return family


def _uses(storyboard: Storyboard, family: Family, loras: FoundLoras, motion: MotionFacts) -> dict[Path, Use]:
    """What shots and soundtrack name, and the LoRAs that the family brings."""
    of_loras: dict[Path, Use] = {path: ("lora", *at) for path, at in loras.uses.items()}
    relighting: dict[Path, Use] = {motion.relighting: ("lora", None, None)} if motion.relighting else {}
    return {**relighting, **first_uses(storyboard, family), **of_loras}


def _extended(
    storyboard: Storyboard,
    family: Family,
    settings: Settings,
    store: Store,
    digests: Mapping[Path, str],
    on_prompt: Callable[[int, int], None] | None,
) -> Extensions:
    from flows.resolve.extend import extend_prompts  # what asks models is not loaded to check a storyboard

    return extend_prompts(storyboard, family, settings, store, digests, on_prompt)


def _checkpoints(
    family: Family, variants: tuple[str, ...], root: Path | None
) -> tuple[dict[str, Checkpoint], list[str]]:
    """By variant; and what is said of each one that is missing or broken."""
    checkpoints: dict[str, Checkpoint] = {}
    lacks: list[str] = []
    for variant in variants:
        try:
            checkpoints[variant] = Checkpoint.open(family, variant, root)
        except CheckpointError as error:
            lacks.append(str(error))
    return checkpoints, lacks


def _stand_in(path: Path) -> str:
    """A digest for a file that is only named: a plan without weights is never rendered."""
    return hashlib.sha256(str(path).encode()).hexdigest()


def _digest(storyboard: Storyboard) -> str:
    try:
        data = storyboard.path.read_bytes()
    except OSError:  # made by a program, not read from a file
        data = storyboard.title.encode()
    return hashlib.sha256(data).hexdigest()

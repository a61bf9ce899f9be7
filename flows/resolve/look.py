"""The resolve stage: everything that planning must know of the world, asked once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from flows.errors import MediaError, Place, Problem, SettingsError
from flows.ledger import read_overheads, read_timings
from flows.media.treated import TREATED
from flows.resolve.assets import Facts, Kind, look_at
from flows.resolve.foreign import foreign_pictures
from flows.resolve.lora_experts import named_experts, unsaid_experts
from flows.resolve.lora_fit import misfits
from flows.resolve.loras import find_loras
from flows.resolve.machine import machine_faults
from flows.resolve.memory import recall
from flows.resolve.motion import MotionFacts, look_at_motions
from flows.resolve.needs import CONTROL, full_id, shown_references, used_variants
from flows.resolve.snapshot import Snapshot
from flows.settings import ModelSettings, Settings
from flows.store import Store
from flows.storyboard.model import Shot, Storyboard
from wan.errors import CheckpointError
from wan.families import FAMILIES, Family, FamilyLora
from wan.model.attention import FLASH_3, lacking
from wan.system.suggest import did_you_mean
from wan.weights.checkpoint import Checkpoint

Use: TypeAlias = tuple[Kind, Place | None, str | None]
"""What a file should be, and the place and shot that name it."""
_ANEW = "name a file that can be read, or make this one anew"


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
    uses = _first_uses(storyboard) | {path: ("lora", *at) for path, at in loras.uses.items()}
    motion = look_at_motions(storyboard, family, settings.model.root) if weights else MotionFacts()
    lacks = [*loras.lacks, *motion.lacks] if weights else []
    if motion.relighting is not None:
        uses.setdefault(motion.relighting, ("lora", None, None))
    looked = look_at({path: kind for path, (kind, _, _) in uses.items()})
    facts = {path: fact for path, fact in looked.items() if isinstance(fact, Facts)}
    seconds = {path: fact.seconds for path, fact in facts.items() if fact.seconds is not None}
    digests = {path: fact.digest for path, fact in facts.items()}
    laid = loras.files(facts)
    absent: dict[str | FamilyLora, str] = {}
    for lora, path in () if weights else loras.missing.items():
        digests[path] = absent[lora] = _stand_in(path)
    used = used_variants(storyboard, family, seconds) if weights else ()
    checkpoints = _checkpoints(family, used, settings.model.root, lacks)
    from flows.resolve.extend import extend_prompts  # what asks models is not loaded to check a storyboard

    extended = extend_prompts(storyboard, family, settings, store, digests, on_prompt)
    return Snapshot(
        storyboard_digest=_digest(storyboard),
        digests=digests,
        image_sizes={path: fact.size for path, fact in facts.items() if fact.size},
        media_seconds=seconds,
        checkpoints={variant: checkpoint.revision for variant, checkpoint in checkpoints.items()},
        finished=store.finished,
        timings=read_timings(store),
        overheads=read_overheads(store),
        past=recall(store, storyboard),
        problems=_broken(uses, looked)
        + loras.problems
        + tuple(misfits(storyboard, family, laid, checkpoints, seconds))
        + extended.problems,
        remarks=_cut_off(uses, facts)
        + _treated(uses, facts)
        + tuple(unsaid_experts(storyboard, family, laid, seconds)),
        treated={path: fact.treated for path, fact in facts.items() if fact.treated},
        foreign=foreign_pictures(storyboard, family, facts),
        loras=loras.digests(digests) | absent,
        lora_experts=named_experts(laid),
        motion=motion,
        lacks=tuple(dict.fromkeys(lacks)),
        machine=machine_faults(settings, family) if weights else (),
        flash_3=lacking(FLASH_3, gpu=True) is None,
        prompts=extended.prompts,
        kept_prompts=extended.kept,
    )


def look_at_headers(storyboard: Storyboard) -> Snapshot:
    """Only what the headers of sounds, videos and LoRAs beside the storyboard say: kinds, sizes and lengths. Pictures'
    headers are read with the storyboard itself."""
    uses = {path: use for path, use in _first_uses(storyboard).items() if use[0] != "image"}
    for shot in storyboard.shots:
        for lora in shot.loras:
            if lora.file is not None:
                uses.setdefault(lora.file, ("lora", lora.place, full_id(shot.scene, shot.id)))
    looked = look_at({path: kind for path, (kind, _, _) in uses.items()}, headers=True) if uses else {}
    facts = {path: fact for path, fact in looked.items() if isinstance(fact, Facts)}
    return Snapshot(
        storyboard_digest="",
        image_sizes={path: fact.size for path, fact in facts.items() if fact.size},
        media_seconds={path: fact.seconds for path, fact in facts.items() if fact.seconds is not None},
        problems=_broken(uses, looked),
        remarks=_cut_off(uses, facts) + _treated(uses, facts),
    )


def _broken(uses: Mapping[Path, Use], looked: Mapping[Path, Facts | MediaError]) -> tuple[Problem, ...]:
    """A problem for each file that cannot be used, where it is named first."""
    return tuple(
        Problem(uses[path][1], str(error), error.fix or _ANEW, uses[path][2])
        for path, error in looked.items()
        if isinstance(error, MediaError)
    )


def _cut_off(uses: Mapping[Path, Use], facts: Mapping[Path, Facts]) -> tuple[Problem, ...]:
    """A remark for each sound and video of which much less is there than its header says, where it is named first."""
    return tuple(
        Problem(
            uses[path][1],
            f"{path.name} is cut off: its header says {fact.promised:.2f} s, {fact.seconds:.2f} s are there",
            "copy the whole file anew",
            uses[path][2],
        )
        for path, fact in facts.items()
        if fact.promised is not None and fact.seconds is not None
    )


def _treated(uses: Mapping[Path, Use], facts: Mapping[Path, Facts]) -> tuple[Problem, ...]:
    """A remark for whatever is done to a file that people may not expect, where it is named first."""
    return tuple(
        Problem(
            uses[path][1], f"{path.name} {told.message.format(width=width, height=height)}", told.fix, uses[path][2]
        )
        for path, fact in facts.items()
        for name in fact.treated
        for width, height in (fact.size or (0, 0),)
        if (told := TREATED[name]).message
    )


def family_of(model: ModelSettings) -> Family:
    """The family that `model=` names. Raises SettingsError, naming the nearest."""
    family = FAMILIES.get(model.family)
    if family is None:
        hint = did_you_mean(model.family, FAMILIES, f"there are: {', '.join(sorted(FAMILIES))}", repr)
        raise SettingsError(f"model.family: no family is called {model.family!r}; {hint}")
    return family


def _first_uses(storyboard: Storyboard) -> dict[Path, Use]:
    """Every file the film is made of, with the first place that names it."""
    uses: dict[Path, Use] = {}
    for path, kind, place, shot in _all_uses(storyboard):
        uses.setdefault(path, (kind, place, shot))
    return uses


def _all_uses(storyboard: Storyboard) -> Iterator[tuple[Path, Kind, Place | None, str | None]]:
    for shot in storyboard.shots:
        if shot.image:
            yield shot.image, "image", shot.where("image"), full_id(shot.scene, shot.id)
        if shot.end_image:
            yield shot.end_image, "image", shot.where("end_image"), full_id(shot.scene, shot.id)
        if shot.audio:
            yield shot.audio, "audio", shot.where("audio"), full_id(shot.scene, shot.id)
        for path, kind, key in _driving_files(shot):
            yield path, kind, shot.where(key), full_id(shot.scene, shot.id)
    sound = storyboard.soundtrack
    if sound.music:
        yield sound.music.file, "audio", sound.places.get("music.file"), None
    for index, voice in enumerate(sound.voiceover):
        yield voice.file, "audio", sound.places.get(f"voiceover.{index}.file"), None


def _driving_files(shot: Shot) -> Iterator[tuple[Path, Kind, str]]:
    if shot.motion is not None:
        for name in ("video", "pose", "face", "background", "mask"):
            path = getattr(shot.motion, name)
            if path is not None:
                yield path, "video", f"motion.{name}"
    if shot.control is not None:
        for name in ("video", "mask"):
            path = getattr(shot.control, name)
            if path is not None:
                yield path, "video", f"control.{name}"
    if shot.control is not None or shot.variant == CONTROL:
        for path in shown_references(shot):
            yield path, "image", "control.references" if shot.control else "prompt"
    if shot.video is not None:
        yield shot.video.file, "video", "video.file"


def _checkpoints(
    family: Family, variants: tuple[str, ...], root: Path | None, lacks: list[str]
) -> dict[str, Checkpoint]:
    """By variant. Every one that is missing or broken is added to `lacks`."""
    found: dict[str, Checkpoint] = {}
    for variant in variants:
        try:
            found[variant] = Checkpoint.open(family, variant, root)
        except CheckpointError as error:
            lacks.append(str(error))
    return found


def _stand_in(path: Path) -> str:
    """A digest for a file that is only named: a plan without weights is never rendered."""
    return hashlib.sha256(str(path).encode()).hexdigest()


def _digest(storyboard: Storyboard) -> str:
    try:
        data = storyboard.path.read_bytes()
    except OSError:  # made by a program, not read from a file
        data = storyboard.title.encode()
    return hashlib.sha256(data).hexdigest()

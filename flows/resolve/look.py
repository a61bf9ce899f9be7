"""The resolve stage: everything that planning must know of the world, asked once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import SettingsError
from flows.ledger import read_overheads, read_timings
from flows.resolve.files import Files, Use, first_uses, look_at_files
from flows.resolve.foreign import foreign_pictures
from flows.resolve.lora_experts import named_experts, unsaid_experts
from flows.resolve.lora_fit import misfits
from flows.resolve.loras import FoundLoras, find_loras
from flows.resolve.machine import machine_faults, machine_gpu
from flows.resolve.memory import recall
from flows.resolve.motion import MotionFacts, look_at_motions
from flows.resolve.picks import Pick, recall_all_picks
from flows.resolve.snapshot import OnPrompt, PastShot, Snapshot
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
    on_prompt: OnPrompt | None = None,
    *,
    weights: bool = True,
) -> Snapshot:
    """Looks at assets, checkpoints, store and ledger; writes nothing but a cache of digests, and extended prompts.

    Without `weights` checkpoints are not looked for: the plan then says what would be rendered, and cannot be.
    `on_prompt` hears how many prompts of how many were asked for. Broken assets and prompts that could not be extended
    become `problems` of the snapshot, missing and broken checkpoints and models what it `lacks`. Raises SettingsError
    for an unknown family, EnvironmentProblem for a model for prompts that is missing, StoreError.
    """
    return resolve_all([storyboard], settings, store, on_prompt, weights=weights)[0]


def resolve_all(
    storyboards: Sequence[Storyboard],
    settings: Settings,
    store: Store,
    on_prompt: OnPrompt | None = None,
    *,
    weights: bool = True,
) -> list[Snapshot]:
    """The same of many films: what they share is looked at once."""
    family = family_of(settings.model)
    named = [_named(storyboard, family, settings, weights=weights) for storyboard in storyboards]
    looked = look_at_files({path: use for film in named for path, use in film.uses.items()}).looked
    films = [(film, Files(film.uses, {path: looked[path] for path in film.uses})) for film in named]
    prompts = _extended(
        [(film.storyboard, film.digests(files)) for film, files in films], family, settings, store, on_prompt
    )
    with ThreadPoolExecutor(store.at_once, thread_name_prefix="recall") as threads:
        past = list(threads.map(lambda storyboard: recall(store, storyboard), storyboards))
    picks = recall_all_picks(store, storyboards)
    world = _World(family, settings, store, weights)
    return [
        world.snapshot(film, files, extended, before, chosen)
        for (film, files), extended, before, chosen in zip(films, prompts, past, picks, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Named:
    """What a film names: LoRAs and driving videos, and the files of all that it uses."""

    storyboard: Storyboard
    loras: FoundLoras
    motion: MotionFacts
    uses: Mapping[Path, Use]
    absent: Mapping[Path, str]

    def digests(self, files: Files) -> dict[Path, str]:
        """sha256 (hex), with stand-ins for LoRAs that are only named."""
        return {**files.digests, **self.absent}


def _named(storyboard: Storyboard, family: Family, settings: Settings, *, weights: bool) -> _Named:
    loras = find_loras(storyboard, family, settings.model)
    motion = look_at_motions(storyboard, family, settings.model.root) if weights else MotionFacts()
    absent = {} if weights else {path: _stand_in(path) for path in loras.missing.values()}
    return _Named(storyboard, loras, motion, _uses(storyboard, family, loras, motion), absent)


class _World:
    """What films share: seen once, when the first one asks."""

    def __init__(self, family: Family, settings: Settings, store: Store, weights: bool) -> None:
        self._family, self._settings, self._store, self._weights = family, settings, store, weights
        self._timings, self._overheads = read_timings(store), read_overheads(store)
        self._machine = machine_faults(settings, family) if weights else ()
        self._gpu = machine_gpu(settings) if weights else None  # else it is rendered elsewhere
        self._flash_3 = lacking(FLASH_3, gpu=True) is None
        self._foreign: dict[Path, bool] = {}
        self._opened: dict[str, Checkpoint | str] = {}
        self._written: dict[Path, str] = {}

    def snapshot(
        self,
        film: _Named,
        files: Files,
        prompts: Extensions,
        past: Mapping[str, PastShot],
        picks: tuple[Pick, ...],
    ) -> Snapshot:
        """What was seen of one film."""
        storyboard, loras, family = film.storyboard, film.loras, self._family
        laid, digests = loras.files(files.facts), film.digests(files)
        checkpoints, broken = self._checkpoints(storyboard, files)
        misfit = misfits(storyboard, family, laid, checkpoints, files.seconds)
        return Snapshot(
            storyboard_digest=self._digest(storyboard),
            digests=digests,
            image_sizes=files.sizes,
            media_seconds=files.seconds,
            treated=files.treated,
            checkpoints={variant: checkpoint.revision for variant, checkpoint in checkpoints.items()},
            finished=self._store.finished,
            timings=self._timings,
            overheads=self._overheads,
            past=past,
            picks=picks,
            prompts=prompts.prompts,
            kept_prompts=prompts.kept,
            loras=loras.digests(digests),
            lora_experts=named_experts(laid),
            motion=film.motion,
            problems=(*files.problems, *loras.problems, *misfit, *prompts.problems),
            remarks=(*files.remarks, *unsaid_experts(storyboard, family, laid, files.seconds)),
            foreign=foreign_pictures(storyboard, family, files.facts, self._foreign),
            lacks=tuple(dict.fromkeys([*loras.lacks, *film.motion.lacks, *broken])) if self._weights else (),
            machine=self._machine,
            gpu=self._gpu,
            heads=self._heads(checkpoints),
            flash_3=self._flash_3,
        )

    def _heads(self, checkpoints: Mapping[str, Checkpoint]) -> Mapping[str, int]:
        """Not looked at where each clip is rendered by one process."""
        if self._settings.cluster.members == 1:
            return {}
        heads = {variant: checkpoint.heads for variant, checkpoint in checkpoints.items()}
        return {variant: number for variant, number in heads.items() if number is not None}

    def _checkpoints(self, storyboard: Storyboard, files: Files) -> tuple[dict[str, Checkpoint], list[str]]:
        """By variant; and what is said of each one that is missing or broken."""
        used = used_variants(storyboard, self._family, files.seconds) if self._weights else ()
        opened = {variant: self._checkpoint(variant) for variant in used}
        whole = {variant: each for variant, each in opened.items() if isinstance(each, Checkpoint)}
        return whole, [each for each in opened.values() if isinstance(each, str)]

    def _checkpoint(self, variant: str) -> Checkpoint | str:
        if variant not in self._opened:
            try:
                self._opened[variant] = Checkpoint.open(self._family, variant, self._settings.model.root)
            except CheckpointError as error:
                self._opened[variant] = str(error)
        return self._opened[variant]

    def _digest(self, storyboard: Storyboard) -> str:
        path = storyboard.path
        if path not in self._written:
            try:
                self._written[path] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:  # made by a program, not read from a file
                return hashlib.sha256(storyboard.title.encode()).hexdigest()
        return self._written[path]


def look_at_headers(storyboard: Storyboard) -> Snapshot:
    """Only what the headers of sounds, videos and LoRAs beside the storyboard say: kinds, sizes and lengths. Pictures'
    headers are read with the storyboard itself."""
    return look_at_all_headers([storyboard])[0]


def look_at_all_headers(storyboards: Sequence[Storyboard]) -> list[Snapshot]:
    """The same of many films: a file that they share is looked at once."""
    uses = [
        {path: use for path, use in first_uses(storyboard, ANY_FAMILY).items() if use[0] != "image"}
        for storyboard in storyboards
    ]
    looked = look_at_files({path: use for film in uses for path, use in film.items()}, headers=True).looked
    return [_of_headers(Files(film, {path: looked[path] for path in film})) for film in uses]


def _of_headers(files: Files) -> Snapshot:
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
    films: Sequence[tuple[Storyboard, Mapping[Path, str]]],
    family: Family,
    settings: Settings,
    store: Store,
    on_prompt: OnPrompt | None,
) -> list[Extensions]:
    from flows.resolve.extend import extend_all  # what asks models is not loaded to check a storyboard

    return extend_all(films, family, settings, store, on_prompt)


def _stand_in(path: Path) -> str:
    """A digest for a file that is only named: a plan without weights is never rendered."""
    return hashlib.sha256(str(path).encode()).hexdigest()

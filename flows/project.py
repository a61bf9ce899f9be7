"""A storyboard with the settings it is made with: read, composed, planned. Renders nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.config import Composition, compose
from flows.errors import SettingsError
from flows.planning import Plan, make_plan
from flows.resolve import OnPrompt, resolve
from flows.resources import storyboard_folders
from flows.settings import Settings
from flows.shots.problems import unusable_inputs
from flows.store import Store, open_store
from flows.storyboard import read_storyboard
from flows.storyboard.model import Storyboard


@dataclass(frozen=True, slots=True)
class Project:
    """A storyboard and the settings it is to be made with."""

    storyboard: Storyboard
    settings: Settings


def load(
    name_or_path: str | Path | None = None,
    overrides: Sequence[str] = (),
    *,
    config_dir: Path | None = None,
    search: Sequence[Path] | None = None,
    roots: Sequence[Path] = (),
) -> Project:
    """Reads a storyboard, by name (from `storyboards/`) or path, and composes the settings.

    `overrides` are Hydra's (`render=draft`, `cluster.max_workers=1`) and the storyboard's (`storyboard.seed=3`,
    `storyboard.shots.drift.seed=3`); without `name_or_path` one of them is `storyboard=NAME`. Storyboards, looks and
    casts are looked for in `search` (None: the project, and what is shipped), assets beside the storyboard, in
    `assets.roots` and in `roots`.
    Raises StoryboardError with every problem of the file, SettingsError. What a shot brings and its variant cannot use
    is among them if there are others; by itself it is the plan's to say.
    """
    return project_of(name_or_path, compose(overrides, config_dir), search=search, roots=roots)


def project_of(
    name_or_path: str | Path | None,
    composition: Composition,
    *,
    search: Sequence[Path] | None = None,
    roots: Sequence[Path] = (),
) -> Project:
    """The same of settings that are composed already."""
    storyboard, problems = read_storyboard(
        named(name_or_path, composition),
        overrides=composition.storyboard_overrides,
        roots=(*composition.settings.assets.roots, *roots),
        search=storyboard_folders() if search is None else search,
    )
    if storyboard is not None and len(problems):  # else the plan says it, with what is missing on this machine
        problems.extend(unusable_inputs(storyboard, but=problems.shots))
    problems.stop_if_any()
    assert storyboard is not None, "one that cannot be read is a problem"
    return Project(storyboard, composition.settings)


def named(name_or_path: str | Path | None, composition: Composition) -> str | Path:
    """The storyboard that is meant. Raises SettingsError when none is named, or two are."""
    if name_or_path is not None and composition.storyboard is not None:
        raise SettingsError(f"storyboard={composition.storyboard}: the storyboard is named already: {name_or_path}")
    which = name_or_path if name_or_path is not None else composition.storyboard
    if which is None:
        raise SettingsError("no storyboard is named; say storyboard=NAME")
    return which


def plan(project: Project, *, on_prompt: OnPrompt | None = None, weights: bool = True) -> Plan:
    """Looks at assets, checkpoints and store, and plans the film. Renders nothing, and writes nothing but the prompts
    that `prompts.extend` had written out, so that they stay as they are. `on_prompt` hears, in this thread, how many
    prompts of how many were asked for; nothing if the store has all of them.

    Raises StoryboardError with everything that keeps the film from being rendered, EnvironmentProblem if that is only
    what is missing here: checkpoints, LoRAs, a GPU, a model for prompts. Without `weights` no checkpoint, LoRA or
    GPU is needed, and the plan cannot be rendered: what is in the store is not known.
    """
    settings, storyboard, store = project.settings, project.storyboard, store_of(project.settings)
    store.check()
    if settings.prompts.extend != "off":
        # What cannot be rendered is found before a model is paid for its prompts.
        as_written = replace(settings, prompts=replace(settings.prompts, extend="off"))
        make_plan(storyboard, as_written, resolve(storyboard, as_written, store, weights=weights))
    return make_plan(storyboard, settings, resolve(storyboard, settings, store, on_prompt, weights=weights))


def store_of(settings: Settings) -> Store:
    """The store that the settings name."""
    return open_store(settings.store.address)

"""Hydra: configuration groups and overrides in, frozen `Settings` out. The only package that knows Hydra.

    compose(["render=draft", "storyboard.seed=3"]).settings.render.steps_scale     # 0.5

The groups lie in the shipped `conf/`. A project adds its own: the directory given as `config_dir`, else `conf/` in the
working directory when it is wanflow's (`flows.config.folders`). A file there comes before a shipped one of its name.
`project/default.yaml` (the project's settings) and `local/default.yaml` (this machine's) are applied by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.config.folders import config_folders, is_of_others
from flows.config.load import load_tree
from flows.config.names import Names, check, without_alias
from flows.config.schema import freeze
from flows.settings import Settings

__all__ = ["Composition", "compose", "config_folders", "is_of_others"]


@dataclass(frozen=True, slots=True)
class Composition:
    """What a command line asks for: settings, a storyboard if it was named, and raw overrides into it."""

    settings: Settings
    storyboard: str | None
    storyboard_overrides: tuple[str, ...]


def compose(overrides: Sequence[str] = (), config_dir: Path | None = None) -> Composition:
    """Compose the settings of a run.

    `storyboard=NAME` and `storyboard.KEY=VALUE` are kept as they were written: a storyboard's strings stay strings.
    `store.path=FOLDER` is `store.address=FOLDER`. Raises `SettingsError`, naming the nearest key or option.
    """
    ours = [without_alias(text) for text in overrides if not _about_storyboard(text)]
    folders = config_folders(config_dir)
    names = Names.under(folders)
    for text in ours:
        check(text, names)
    tree = load_tree(folders, ours, names)
    named = [text.partition("=")[2] for text in overrides if text.startswith("storyboard=")]
    edits = tuple(text for text in overrides if text.lstrip("+").startswith("storyboard."))
    return Composition(freeze(Settings, tree), named[-1].strip("'\"") if named else None, edits)


def _about_storyboard(text: str) -> bool:
    return text.lstrip("+").startswith(("storyboard.", "storyboard="))

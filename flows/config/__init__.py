"""Hydra: configuration groups and overrides in, frozen `Settings` out. The only package that knows Hydra.

    compose(["render=draft", "storyboard.seed=3"]).settings.render.steps_scale     # 0.5

The groups lie in the shipped `conf/`. A project adds its own: the directory given as `config_dir`, else `conf/` in the
working directory when it holds any of our groups. A file there comes before a shipped one of the same name.
`project/default.yaml` (the project's settings) and `local/default.yaml` (this machine's) are applied by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.config.load import load_tree
from flows.config.names import OWN_FOLDERS, Names, check
from flows.config.schema import freeze
from flows.errors import SettingsError
from flows.resources import conf_folder
from flows.settings import Settings

__all__ = ["Composition", "compose", "config_folders"]


@dataclass(frozen=True, slots=True)
class Composition:
    """What a command line asks for: settings, a storyboard if it was named, and raw overrides into it."""

    settings: Settings
    storyboard: str | None
    storyboard_overrides: tuple[str, ...]


def compose(overrides: Sequence[str] = (), config_dir: Path | None = None) -> Composition:
    """Compose the settings of a run.

    `storyboard=NAME` and `storyboard.KEY=VALUE` are kept as they were written: a storyboard's strings stay strings.
    Raises `SettingsError`, naming the nearest key or option.
    """
    ours = [text for text in overrides if not _about_storyboard(text)]
    folders = config_folders(config_dir)
    names = Names.under(folders)
    for text in ours:
        check(text, names)
    tree = load_tree(folders, ours, names)
    named = [text.partition("=")[2] for text in overrides if text.startswith("storyboard=")]
    edits = tuple(text for text in overrides if text.lstrip("+").startswith("storyboard."))
    return Composition(freeze(Settings, tree), named[-1].strip("'\"") if named else None, edits)


def config_folders(config_dir: Path | None = None) -> tuple[Path, ...]:
    """The configuration directories, first one first. Raises `SettingsError` if `config_dir` is not one."""
    shipped = conf_folder()
    own = config_dir or Path.cwd() / "conf"
    if config_dir is not None and not own.is_dir():
        raise SettingsError(f"--config-dir {own}: there is no such directory")
    if own.resolve() == shipped.resolve() or not any((own / name).is_dir() for name in OWN_FOLDERS):
        return (shipped,)
    if (own / "config.yaml").exists():
        raise SettingsError(f"{own / 'config.yaml'}: is not read; move its contents to {own / 'project/default.yaml'}")
    return (own.resolve(), shipped)


def _about_storyboard(text: str) -> bool:
    return text.lstrip("+").startswith(("storyboard.", "storyboard="))

"""A command line's overrides, composed: settings, and what is said of a storyboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.addresses import whole_address
from flows.config.folders import config_folders
from flows.config.load import load_tree
from flows.config.names import Names, check, without_alias
from flows.config.schema import freeze
from flows.settings import Settings


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
    settings = freeze(Settings, tree)
    store = replace(settings.store, address=whole_address(settings.store))
    return Composition(replace(settings, store=store), named[-1].strip("'\"") if named else None, edits)


def _about_storyboard(text: str) -> bool:
    return text.lstrip("+").startswith(("storyboard.", "storyboard="))

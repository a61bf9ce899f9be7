"""Which folders configuration comes from, and whether the `conf/` of the working directory is wanflow's at all.

Most projects that use Hydra have a `conf/` with a group `model`; running in their folder must not read it as ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from flows.config.names import GROUPS, OWN_FOLDERS
from flows.config.schema import leaves
from flows.errors import SettingsError
from flows.resources import conf_folder, working_folder
from wan.system.folders import found_in

_PRIMARY = "config.yaml"
WHOLE = ("profile", "project", "local")
"""Folders of files that hold any group's keys (`film: {crf: 20}`), each winning over those before it."""


def config_folders(config_dir: Path | None = None) -> tuple[Path, ...]:
    """The configuration directories, first one first. Raises `SettingsError` if `config_dir` is not one."""
    own = config_dir or working_folder() / "conf"
    try:
        return _folders(own, config_dir)
    except OSError as error:
        raise SettingsError(
            f"{own}: cannot be read ({error.strerror}); change its permissions, or name another: --config-dir FOLDER"
        ) from error


def _folders(own: Path, config_dir: Path | None) -> tuple[Path, ...]:
    shipped = conf_folder()
    if config_dir is not None and not own.is_dir():
        raise SettingsError(f"--config-dir {own}: there is no such directory")
    if own.resolve() == shipped.resolve() or not _has_our_groups(own):
        return (shipped,)
    if config_dir is None and is_of_others(own):
        return (shipped,)
    if _speaks_of(own / _PRIMARY, _sections()):
        raise SettingsError(
            f"{own / _PRIMARY}: is not read; wanflow reads a project's settings from {own / 'project/default.yaml'}"
        )
    return (own.resolve(), shipped)


def is_of_others(folder: Path) -> bool:
    """Whether a folder with groups named like ours is another program's: it holds what wanflow has no use for, and
    nothing that wanflow would read."""
    return _has_our_groups(folder) and _holds_strange(folder) and not _holds_ours(folder)


def _has_our_groups(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in OWN_FOLDERS)


def _holds_strange(folder: Path) -> bool:
    """A primary configuration with keys of others, or a group of others."""
    if any(set(tree_of(file)) - _sections() - {"defaults"} for file in found_in(folder, "*.yaml")):
        return True
    return any(file.parent.name not in OWN_FOLDERS for file in found_in(folder, "*/*.yaml"))


def _holds_ours(folder: Path) -> bool:
    """A file where wanflow looks, with a key that it knows."""
    if any(_speaks_of(file, _sections()) for name in WHOLE for file in found_in(folder / name, "*.yaml")):
        return True
    if _speaks_of(folder / _PRIMARY, _sections()) and not set(tree_of(folder / _PRIMARY)) - _sections() - {"defaults"}:
        return True
    return any(_speaks_of(file, _keys_of(group)) for group in GROUPS for file in found_in(folder / group, "*.yaml"))


def _speaks_of(file: Path, keys: frozenset[str]) -> bool:
    return bool(keys & set(tree_of(file)))


def _sections() -> frozenset[str]:
    return frozenset(key.partition(".")[0] for key, _ in leaves())


def _keys_of(group: str) -> frozenset[str]:
    return frozenset(key.partition(".")[2] for key, _ in leaves() if key.startswith(f"{group}."))


def tree_of(file: Path) -> dict[Any, Any]:
    """What a file holds; nothing if it cannot be read, which Hydra will say in its own words if it matters."""
    try:
        value = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return value if isinstance(value, dict) else {}

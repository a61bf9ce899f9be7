"""Run Hydra's composition and say its errors in our words."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import hydra
import yaml
from hydra import initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    KeyValidationError,
    MissingMandatoryValue,
    OmegaConfBaseException,
)

from flows.config.names import Names
from flows.config.origin import misshapen, origin
from flows.config.schema import entry_in_words, in_words, leaves, mapping_of, mutable_twin
from flows.config.told import is_secret, name_of, told
from flows.config.values import wrong_values
from flows.errors import SettingsError
from flows.resources import working_folder
from flows.settings import Settings

SCHEMA = "wanflow_schema"


def register_schema() -> None:
    """Make the schema known under the name that `conf/config.yaml` starts from."""
    ConfigStore.instance().store(name=SCHEMA, node=mutable_twin(Settings), provider="wanflow")


def load_tree(folders: Sequence[Path], overrides: Sequence[str], names: Names) -> dict[str, Any]:
    """The composed values as a plain tree, checked for type and range. Raises `SettingsError`."""
    try:
        tree = OmegaConf.to_container(_composed(folders, overrides), resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        _explain(error, folders, overrides, names)
    except ValueError as error:  # Hydra's word for a `defaults` list that holds neither text nor lists
        hint = 'write options in quotes, as in prompts: "off", which YAML reads as false without them'
        raise SettingsError(f"configuration in {folders[0]}: {error}; {hint}") from error
    assert isinstance(tree, dict)
    plain = {str(key): value for key, value in tree.items()}
    for key, what in wrong_values(plain):
        where = origin(key, folders, overrides)
        named = "" if key.rpartition(".")[2] in f"{where} {what}" else f"{key}: "
        raise SettingsError(f"{where}: {named}{what}")
    return plain


class OwnFolders(SearchPathPlugin):
    """Puts the folders of a project before the shipped one, which holds the primary configuration.

    Hydra's own ways (`--config-dir`, `hydra.searchpath`) put them behind it.
    """

    folders: ClassVar[ContextVar[Sequence[Path]]] = ContextVar("folders", default=())

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Called by Hydra whenever it makes a search path."""
        for folder in self.folders.get():
            search_path.prepend("wanflow", f"file://{folder}", anchor="main")


def _composed(folders: Sequence[Path], overrides: Sequence[str]) -> DictConfig:
    """Compose; Hydra's global state is afterwards what it was before, so that it can be done inside a sweep too."""
    register_schema()
    Plugins.instance().register(OwnFolders)
    *own, shipped = folders
    hydra_state = GlobalHydra.instance()
    sweep, hydra_state.hydra = hydra_state.hydra, None
    before = OwnFolders.folders.set(own)
    try:
        with initialize_config_dir(str(shipped), version_base="1.3"):
            return hydra.compose("config", [_forced(text) for text in overrides])
    finally:
        OwnFolders.folders.reset(before)
        GlobalHydra.instance().hydra = sweep


def _forced(text: str) -> str:
    """Names of prices are the person's own: to a mapping Hydra adds what it does not know only where it is forced."""
    key = text.partition("=")[0]
    return f"++{text}" if mapping_of(key) else text


def _explain(error: Exception, folders: Sequence[Path], overrides: Sequence[str], names: Names) -> NoReturn:
    cause = _innermost(error)
    if isinstance(cause, yaml.MarkedYAMLError) and (mark := cause.problem_mark):
        raise SettingsError(f"{mark.name}:{mark.line + 1}:{mark.column + 1}: {cause.problem}") from error
    key = getattr(cause, "full_key", None) or ""
    reason = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
    if is_secret(key) or (not key and any(told(text) != text for text in overrides)):
        key, reason = name_of(key), "what is written there is not repeated, since it may be a secret"
    where = origin(key, folders, overrides)
    if isinstance(cause, MissingMandatoryValue):
        raise SettingsError(f"{where}: {key} has no value; start the file from a shipped one: `defaults: [...]`")
    if isinstance(cause, ConfigKeyError | ConfigAttributeError):
        raise SettingsError(f"{where}: {names.unknown_key(key)}{_another_project(folders)}") from error
    hint = dict(leaves()).get(key)
    if hint is not None:
        raise SettingsError(f"{where}: {key} must be {in_words(hint)} ({reason})") from error
    if (mapping := mapping_of(key)) is not None:
        raise SettingsError(f"{where}: {_wrong_entry(cause, key, mapping)} ({reason})") from error
    if (found := misshapen(folders)) is not None:
        raise SettingsError(": ".join(found)) from error
    raise SettingsError(f"{where}: {reason}") from error


def _wrong_entry(cause: BaseException, key: str, mapping: str) -> str:
    """What is wrong with one name of a mapping, or what it has."""
    name = key.removeprefix(f"{mapping}.")
    if isinstance(cause, KeyValidationError):
        return f"{mapping}: {name} is no name; write a text, as RTX 4090, and numbers with a point, as 3.50"
    return f"{key} must be {entry_in_words(dict(leaves())[mapping])}"


def _innermost(error: BaseException) -> BaseException:
    """The error that OmegaConf raised, which Hydra wraps once or twice."""
    while not isinstance(error, OmegaConfBaseException) and (inner := error.__cause__ or error.__context__):
        error = inner
    return error


def _another_project(folders: Sequence[Path]) -> str:
    """What to do if the `conf/` that was found is not wanflow's."""
    if len(folders) == 1 or folders[0] != (working_folder() / "conf").resolve():
        return ""
    return f"\n    if {folders[0]} is another project's, name a folder for wanflow's: --config-dir FOLDER"

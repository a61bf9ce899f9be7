"""Which keys and groups an override may name; a wrong one is answered with the nearest right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from flows.config.schema import leaves, mapping_of
from flows.config.told import told
from flows.errors import SettingsError
from wan.system.folders import found_in
from wan.system.suggest import did_you_mean, suggestions

GROUPS = ("model", "render", "cluster", "store", "film", "prompts", "profile")
"""The groups a person chooses from: `render=draft`."""

OWN_FOLDERS = (*GROUPS, "project", "local", "hydra")
"""The folders of a configuration directory; one that holds any of them is taken for a project's own."""


@dataclass(frozen=True, slots=True)
class Names:
    """Every dotted key, and every group with its options."""

    keys: tuple[str, ...]
    options: Mapping[str, tuple[str, ...]]

    @staticmethod
    def under(folders: Sequence[Path]) -> Names:
        """What the configuration directories offer."""
        options = {group: _options(folders, group) for group in GROUPS}
        return Names(tuple(key for key, _ in leaves()), options)

    def unknown_key(self, key: str) -> str:
        """What to say of a key that does not exist."""
        longer = [known for known in self.keys if known.startswith(f"{key}_")]
        if longer:
            return f"there is no {key}; did you mean {longer[0]}?"
        last = key.rpartition(".")[2]
        near = [known for known in self.keys if known.startswith(f"{key.partition('.')[0]}.")]
        by_name = {known.rpartition(".")[2]: known for known in (*reversed(self.keys), *near)}  # its section's win
        all_keys = f"groups are {', '.join(self.options)}, and `wanflow doctor --config` lists every key"
        by_last = did_you_mean(last, by_name, all_keys, by_name.__getitem__)
        wholes = [*self.keys, *self.options]
        return f"there is no {key}; {by_last if suggestions(last, by_name) else did_you_mean(key, wholes, all_keys)}"


def _options(folders: Sequence[Path], group: str) -> tuple[str, ...]:
    return tuple(sorted({file.stem for folder in folders for file in found_in(folder / group, "*.yaml")}))


ALIASES: Mapping[str, str] = MappingProxyType({"store.path": "store.address", "cluster.workers": "cluster.max_workers"})
"""What may be written for a key, and says the same."""


def without_alias(text: str) -> str:
    """`store.path=FOLDER` as `store.address=FOLDER`."""
    key, separator, value = text.partition("=")
    return f"{ALIASES[key]}={value}" if separator and key in ALIASES else text


def parse(text: str) -> Override:
    """One override as Hydra reads it. Raises `SettingsError` for what is not one."""
    if ("=" not in text and not text.startswith("~")) or text.startswith("="):
        raise SettingsError(f"{told(text)}: is not an override; write KEY=VALUE, as in render=draft")
    try:
        override: Override = OverridesParser.create().parse_override(text)
    except HydraException as error:
        shown = told(text)
        reason = f" ({str(error).splitlines()[0]})" if shown == text else ""
        raise SettingsError(
            f"{shown}: cannot be read{reason}; quote it for Hydra and for the shell: \"KEY='VALUE'\""
        ) from (error if reason else None)
    return override


def check(text: str, names: Names, *, sweeps: bool = False) -> Override:
    """Parse one override and make sure that what it names exists. Raises `SettingsError`."""
    override = parse(text)
    key, shown = override.key_or_group, told(text)
    if override.is_delete():
        raise SettingsError(f"{shown}: nothing can be deleted; every key is needed. Set it instead: {key}=VALUE")
    if override.is_sweep_override() and not sweeps:
        raise SettingsError(f"{shown}: several values; sweep over them: wanflow sweep STORYBOARD {shown}")
    if key in names.options and override.package is None:
        _check_option(text, override, names, sweeps)
    elif (key not in names.keys and not mapping_of(key)) or override.package is not None:
        raise SettingsError(f"{shown}: {names.unknown_key(key)}")
    if text.endswith("=") and not sweeps:
        raise SettingsError(f"{shown}: has no value; write one, or leave the override out")
    if override.is_add():
        raise SettingsError(f"{shown}: {key} exists; leave out the +")
    return override


def _check_option(text: str, override: Override, names: Names, sweeps: bool) -> None:
    if sweeps and override.is_sweep_override():
        return
    options = names.options[override.key_or_group]
    value = override.value()
    if value not in options:
        hint = did_you_mean(str(value), options)
        hint += " " if hint else ""
        raise SettingsError(f"{told(text)}: no such option; {hint}{override.key_or_group}= has {', '.join(options)}")

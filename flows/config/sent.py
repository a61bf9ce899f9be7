"""What of a command line and a project's own configuration goes along when a film is made on another machine.

What is said here holds there: the words of the command line, and what the project's files say of films. What they say
of this machine (its cluster, its folders) means nothing elsewhere, and stays here; the machine there has its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from flows.config.composition import compose
from flows.config.folders import config_folders
from flows.config.names import without_alias
from flows.config.schema import leaves
from flows.resources import conf_folder
from flows.settings import Settings

OF_MACHINE = (
    "assets",
    "cluster",
    "store",
    "notify",
    "model.root",
    "model.loras",
    "film.outputs",
    "film.ffmpeg",
    "render.device",
    "render.placement",
)
"""Sections and keys that a machine decides. The store's address goes its own way, with what is kept there."""

_INTERPOLATION = re.compile(r"(\\*)\$\{")
_SPECIAL = re.compile(r"[\\()\[\]{}:=,\s]")
_QUOTE = re.compile(r"(\\*)('|$)")
"""Backslashes count where they stand before these, and nowhere else."""


def sent_overrides(overrides: Sequence[str], config_dir: Path | None = None) -> tuple[str, ...]:
    """The overrides that make the same film on a machine without this project's `conf/`. Raises SettingsError."""
    typed = [text for text in map(without_alias, overrides) if not _names(text, "store") and _key(text) != "storyboard"]
    if len(config_folders(config_dir)) == 1:
        return tuple(typed)
    kept = [text for text in typed if any(_names(text, key) for key in ("storyboard", *OF_MACHINE))]
    here, shipped = compose(overrides, config_dir).settings, compose((), conf_folder()).settings
    return (*_differences(here, shipped), *kept)


def as_override(key: str, value: Any) -> str:
    """A value as a command line says it: text in quotes, whatever is in it."""
    if value is None:
        return f"{key}=null"
    if isinstance(value, bool):
        return f"{key}={str(value).lower()}"
    if isinstance(value, int | float):
        return f"{key}={value}"
    if isinstance(value, Mapping):
        return f"{key}={{{', '.join(f'{_escaped(name)}: {each}' for name, each in value.items())}}}"
    literal = _INTERPOLATION.sub(lambda found: rf"{found[1] * 2}\${{", str(value))
    quoted = _QUOTE.sub(lambda found: found[1] * 2 + (r"\'" if found[2] else ""), literal)
    return f"{key}='{quoted}'"


def _escaped(name: str) -> str:
    """A key of a mapping, which Hydra takes no quotes around."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", name)


def _differences(here: Settings, shipped: Settings) -> Iterator[str]:
    for key, _ in leaves():
        value = attrgetter(key)(here)
        if not {key.partition(".")[0], key} & set(OF_MACHINE) and value != attrgetter(key)(shipped):
            yield as_override(key, value)


def _names(text: str, key: str) -> bool:
    """Whether an override is of that key, of a group of that name, or of something in it."""
    return _key(text) == key or _key(text).startswith(f"{key}.")


def _key(text: str) -> str:
    return text.lstrip("+~").partition("=")[0].partition("@")[0]

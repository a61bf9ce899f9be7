"""Overrides with several values (`storyboard.seed=1,2,3 render=draft,final`) as combinations of overrides with one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from hydra.core.override_parser.types import Glob, Override, QuotedString

from flows.config.folders import config_folders
from flows.config.names import Names, check, parse, without_alias
from flows.config.told import told
from flows.errors import SettingsError

MOST = 10_000


def combinations(overrides: Sequence[str], config_dir: Path | None = None) -> list[tuple[str, ...]]:
    """Every choice of one value for each override, the last one changing first. A text with a comma stands in quotes;
    `range(1,4)` and `choice(a,b)` are Hydra's.

    Raises SettingsError for what is no override, names what does not exist, or has no values.
    """
    names = Names.under(config_folders(config_dir))
    choices = [values_of(text, names) for text in overrides]
    if math.prod(map(len, choices)) > MOST:
        raise SettingsError(f"{' '.join(map(told, overrides))[:200]}: more than {MOST:,} combinations; leave some out")
    return [tuple(each) for each in itertools.product(*choices)]


def values_of(text: str, names: Names) -> list[str]:
    """An override for each of its values, each once."""
    text = without_alias(text)
    ours = about_storyboard(text)
    override = _parsed(text) if ours else check(text, names, sweeps=True)
    if override is None or not override.is_sweep_override():
        return [text]
    if isinstance(override.value(), Glob):
        raise SettingsError(f"{told(text)}: write the values out: {override.key_or_group}=A,B")
    key = text.partition("=")[0]
    found = [f"{key}={value}" for value in (_texts(override) if ours else _told(override))]
    if not ours:
        for each in found:
            check(each, names)
    if not found:
        raise SettingsError(f"{told(text)}: has no values")
    return list(dict.fromkeys(found))


def about_storyboard(text: str) -> bool:
    """Whether it changes the storyboard: such values are text, whatever they look like."""
    return text.lstrip("+~").startswith("storyboard.")


def plain_text(text: str) -> str:
    """An override of a storyboard as Hydra hands it to a job, with its value as it was meant: without backslashes."""
    override = parse(text)
    return f"{text.partition('=')[0]}={_text(override.value(), override.get_value_element_as_str())}"


def _parsed(text: str) -> Override | None:
    """None: Hydra cannot read it, so it is one value."""
    try:
        return parse(text)
    except SettingsError:
        if "," in text.partition("=")[2]:
            raise
        return None


def _texts(override: Override) -> list[str]:
    told = _told(override)
    return [_text(value, said) for value, said in zip(override.sweep_iterator(), told, strict=True)]


def _told(override: Override) -> list[str]:
    """As Hydra writes them. Raises SettingsError for more than anybody sweeps over."""
    values = list(itertools.islice(override.sweep_string_iterator(), MOST + 1))
    if len(values) > MOST:
        raise SettingsError(f"{told(override.input_line or '')}: more than {MOST:,} values; leave some out")
    return values


def _text(value: object, told: str) -> str:
    if isinstance(value, QuotedString):
        return value.text
    return value if isinstance(value, str) else told


def differing(films: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Of the overrides of several films, for each film those keys, with their values, that are not the same for all:
    in the order they were written."""
    said = [_by_key(film) for film in films]
    keys = list(dict.fromkeys(key for film in said for key in film))
    swept = [key for key in keys if len({film.get(key) for film in said}) > 1]
    return [{key: film[key] for key in swept if key in film} for film in said]


def _by_key(overrides: Sequence[str]) -> Mapping[str, str]:
    pairs = (text.lstrip("+").partition("=") for text in overrides)
    return {key: value for key, _, value in pairs}

"""Keys and groups that an override may name, and what is said of the others."""

from __future__ import annotations

import pytest

from flows.config.folders import config_folders
from flows.config.names import GROUPS, Names, check, parse
from flows.errors import SettingsError


@pytest.fixture
def names() -> Names:
    return Names.under(config_folders())


def test_every_group_has_its_options(names: Names) -> None:
    assert set(names.options) == set(GROUPS)
    assert {"draft", "final"} <= set(names.options["render"])


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("cluster.gpus", "did you mean cluster.gpus_per_worker?"),
        ("gpus", "did you mean cluster.gpus_per_worker?"),
        ("crf", "did you mean film.crf?"),
        ("rendr", "did you mean render?"),
        ("zeppelin", "groups are model, render"),
    ],
)
def test_the_nearest_key_or_group_is_named(names: Names, key: str, meant: str) -> None:
    assert names.unknown_key(key).startswith(f"there is no {key}; ")
    assert meant in names.unknown_key(key)


def test_several_values_are_for_sweeps(names: Names) -> None:
    assert check("film.crf=18,28", names, sweeps=True).is_sweep_override()
    assert check("render=final,draft", names, sweeps=True).is_sweep_override()
    with pytest.raises(SettingsError, match="wanflow sweep"):
        check("film.crf=18,28", names)


@pytest.mark.parametrize("text", ["film.crf", "=18", "a=b=["])
def test_what_is_no_override_is_said(text: str) -> None:
    with pytest.raises(SettingsError):
        parse(text)

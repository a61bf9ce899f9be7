"""docs/configuration.md names what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from flows.config.names import Names
from flows.config.schema import leaves
from flows.resources import conf_folder

TEXT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_every_key_is_explained_and_every_explained_key_exists() -> None:
    keys = {key for key, _ in leaves()}
    table = TEXT.partition("## Keys")[2].partition("##")[0]
    explained = {
        key for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(.+?)`", row)
    }
    assert explained == keys


def test_every_option_is_listed() -> None:
    table = TEXT.partition("## Groups")[2].partition("##")[0]
    for group, options in Names.under((conf_folder(),)).options.items():
        row = next(line for line in table.splitlines() if line.startswith(f"| `{group}`"))
        assert set(options) <= set(re.findall(r"`([a-z0-9-]+)`", row)), group

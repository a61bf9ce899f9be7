"""A configuration value that nothing reads does not exist; a default is written once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
import yaml

from flows.config.schema import leaves
from flows.resources import conf_folder

FLOWS = Path(__file__).parents[3] / "flows"
KEYS = [key for key, _ in leaves()]


@cache
def attributes_read() -> set[tuple[str, str]]:
    """Every `<...section>.<name>` attribute access in the package, as (section or its stand-in, name)."""
    found = set()
    for file in FLOWS.rglob("*.py"):
        if "config" in file.relative_to(FLOWS).parts or file.name == "settings.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                owner = node.value
                name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                found.add((name, node.attr))
    return found


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_read_by_some_code(key: str) -> None:
    *_, section, name = key.split(".")
    read = attributes_read()
    assert any(attribute == name and owner.lstrip("_") in {section, "settings", "spec"} for owner, attribute in read), (
        key
    )


def test_shipped_files_name_only_known_keys_and_no_default_hides_in_code() -> None:
    sections = {key.split(".")[0] for key in KEYS}
    for file in conf_folder().rglob("*.yaml"):
        group = file.parent.name
        if group not in sections:
            continue
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
        values.pop("defaults", None)
        assert {f"{group}.{name}" for name in values} <= set(KEYS), file

"""`pyproject.toml` names the packages that are imported, and no others."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
HELD_BACK = {"fastapi", "sqlalchemy"}
"""Not imported, and named for its bound alone."""
DATA = {"tzdata"}
"""Read by the standard library."""
OF_AN_EXTRA = {"flash_attn_interface"}
"""Imported where it is there, and installed by the extra `hopper`."""


def imported() -> Iterator[str]:
    """The first part of every module that the two packages import, lazily or not."""
    for file in [*(ROOT / "wan").rglob("*.py"), *(ROOT / "flows").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from (name.partition(".")[0] for name in names)


def named() -> set[str]:
    """The distributions that `pyproject.toml` asks for, as they are normalised."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["render"], *extras["xlsx"]]
    return {normal(re.split(r"[\[<>=!~; ]", text, maxsplit=1)[0]) for text in asked}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_is_imported_is_named_and_nothing_else() -> None:
    others = {*sys.stdlib_module_names, "wan", "flows", *OF_AN_EXTRA}
    distributions = packages_distributions()
    needed = {module: {normal(name) for name in distributions[module]} for module in {*imported()} - others}
    assert {module: names for module, names in needed.items() if not names & named()} == {}
    assert named() - set().union(*needed.values()) == HELD_BACK | DATA

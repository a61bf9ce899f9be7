"""`docs/architecture.md` lists modules in the order that the import contracts hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def contract(package: str) -> dict[str, list[str]]:
    (found,) = (each for each in CONTRACTS if each["name"].startswith(f"{package} is built in layers"))
    assert isinstance(found, dict)
    return found


def layers(package: str) -> list[list[str]]:
    """Lowest first; those of one layer together."""
    return [[name.strip() for name in layer.split("|")] for layer in reversed(contract(package)["layers"])]


def rows(package: str) -> Iterator[tuple[list[str], list[str]]]:
    """The modules of each row of the table, and the names it shows of them."""
    table = PAGE.split("## Modules, lowest first")[1].split("## Contracts")[0]
    for line in table.splitlines():
        cells = line.split(" | ")
        modules = re.findall(r"`([^`]+)`", cells[0])
        if line.startswith("|") and modules and modules[0].split(".")[0] == package:
            yield modules, re.findall(r"`([A-Za-z_.]+)", cells[2])


def is_data(module: str, package: str) -> bool:
    """Whether every module may import it, wherever it lies."""
    free = [line.split(" -> ")[1] for line in contract(package).get("ignore_imports", [])]
    return any(fnmatch(module.replace("<name>", "*"), pattern) for pattern in free)


def position(module: str, package: str) -> int:
    for number, layer in enumerate(layers(package)):
        if any(module == name or module.startswith(f"{name}.") for name in layer):
            return number
    raise AssertionError(f"{module} is in no layer")


def sources(module: str) -> list[Path]:
    path = module.replace(".", "/").replace("<name>", "*")
    return [*ROOT.glob(f"{path}.py"), *ROOT.glob(f"{path}/**/*.py")]


@pytest.mark.parametrize("package", ["wan", "flows"])
def test_modules_are_listed_from_the_lowest_layer_up(package: str) -> None:
    listed = [
        [position(name, package) for name in modules if not is_data(name, package)] for modules, _ in rows(package)
    ]
    assert len(listed) > 10
    flat = [number for numbers in listed for number in numbers]
    assert flat == sorted(flat)


@pytest.mark.parametrize("package", ["wan", "flows"])
def test_every_layer_is_listed(package: str) -> None:
    listed = [name for modules, _ in rows(package) for name in modules]
    for name in (name for layer in layers(package) for name in layer if not name.endswith("__main__")):
        assert any(module == name or module.startswith(f"{name}.") for module in listed), name


@pytest.mark.parametrize("package", ["wan", "flows"])
def test_every_module_of_the_package_is_in_a_layer(package: str) -> None:
    for path in (ROOT / package).iterdir():
        is_module = path.suffix == ".py" or (path / "__init__.py").exists()
        if is_module and path.stem != "__init__":
            assert position(f"{package}.{path.stem}", package) >= 0


@pytest.mark.parametrize("package", ["wan", "flows"])
def test_the_names_shown_of_a_module_are_in_it(package: str) -> None:
    for modules, names in rows(package):
        text = "\n".join(path.read_text(encoding="utf-8") for module in modules for path in sources(module))
        assert text, modules
        for name in names:
            assert re.search(rf"^\s*(def|class) {name.split('.')[-1]}\b|^{name}\b", text, re.MULTILINE), (modules, name)

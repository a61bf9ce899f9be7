"""Where a configured value was written: the override, or the line of a project's own file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from flows.config.folders import WHOLE, tree_of
from flows.config.names import GROUPS
from flows.config.schema import in_words, leaves, mapping_of
from flows.config.told import told
from wan.system.folders import found_in


def origin(key: str, folders: Sequence[Path], overrides: Sequence[str]) -> str:
    """The override that sets a dotted key (`told`), or `file:line:col` in a project's own files, or the key. What one
    name of a mapping has is written with it, or with the whole mapping."""
    mapping = mapping_of(key)
    wholes = tuple(f"{each}=" for each in dict.fromkeys((key, mapping)) if each)
    for text in reversed(overrides):
        if text.lstrip("+").startswith(wholes):
            return told(text)
    chosen = _chosen_options(folders, overrides)
    for folder in folders[:-1]:
        for file, path in _holders(folder, key, chosen):
            if (mark := _mark(file, path.split("."))) is not None:
                return f"{file}:{mark.line + 1}:{mark.column + 1}"
    if mapping is not None and mapping != key:
        return origin(mapping, folders, ())
    return key or f"configuration in {folders[0]}"


def misshapen(folders: Sequence[Path]) -> tuple[str, str] | None:
    """The first part of a project's own files that must have keys, or names, below it and has something else:
    `file:line:col`, and what to write."""
    for folder in folders[:-1]:
        for key, hint in _sections().items():
            for file, path in _holders(folder, key, {}):
                value: object = tree_of(file)
                for name in path.split("."):
                    value = value.get(name, {}) if isinstance(value, dict) else {}
                if not isinstance(value, dict) and (mark := _mark(file, path.split("."))) is not None:
                    return f"{file}:{mark.line + 1}:{mark.column + 1}", f"{key} must be {hint}"
    return None


def _sections() -> dict[str, str]:
    """Whatever has something below it, with what that is."""
    found: dict[str, str] = {}
    for key, hint in leaves():
        if mapping_of(key):
            found[key] = in_words(hint)
        while "." in key:
            key, _, name = key.rpartition(".")
            found.setdefault(key, f"a section, with keys of its own below it, as {name}; or leave it out")
    return found


def _holders(folder: Path, key: str, chosen: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Files that may hold the key, the likeliest first, each with what it is called there."""
    group, _, rest = key.partition(".")
    for name in reversed(WHOLE):
        yield from ((file, key) for file in found_in(folder / name, "*.yaml"))
    if rest:
        options = sorted(
            found_in(folder / group, "*.yaml"), key=lambda file: (file.stem != chosen.get(group), file.stem)
        )
        yield from ((file, rest) for file in options)


def _mark(file: Path, path: list[str]) -> yaml.Mark | None:
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    mark = None
    for name in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        pair = next(((key, value) for key, value in pairs if key.value == name), None)
        if pair is None:
            return None
        mark, node = pair[0].start_mark, pair[1]
    return mark


def _chosen_options(folders: Sequence[Path], overrides: Sequence[str]) -> dict[str, str]:
    """The option of each group: of the command line, else of a project's own files, else the shipped one."""
    chosen: dict[str, str] = {}
    files = [
        folders[-1] / "config.yaml",
        *(folder / name / "default.yaml" for folder in folders[:-1] for name in WHOLE),
    ]
    for file in files:
        listed = tree_of(file).get("defaults")
        for entry in listed if isinstance(listed, list) else ():
            for name, option in entry.items() if isinstance(entry, dict) else ():
                chosen[str(name).removeprefix("override ").lstrip("/")] = str(option)
    return chosen | {name: option for name, _, option in (text.partition("=") for text in overrides) if name in GROUPS}

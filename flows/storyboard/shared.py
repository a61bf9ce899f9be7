"""`defaults: [look: cut_paper]`: looks, casts, soundtracks from folders beside the storyboard, under its own keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from flows.storyboard.context import Context
from flows.storyboard.document import parse
from flows.storyboard.files import read_source
from flows.storyboard.language import GROUPS
from flows.storyboard.nodes import Items, Keys, Node, Text, merged
from flows.storyboard.problems import listed
from wan.system.folders import found_in
from wan.system.suggest import did_you_mean

SUFFIXES = (".yaml", ".yml")


def with_shared(root: Keys, folders: Sequence[Path], context: Context) -> Keys:
    """The storyboard's nodes with every `defaults:` entry merged under them, from looks/, casts/ … in `folders`."""
    listed_defaults = root.get("defaults")
    if not isinstance(listed_defaults, Items):
        return root
    under = Keys(root.source, root.line, root.column)
    for entry in listed_defaults.values:
        if not isinstance(entry, Keys):
            continue
        for group, name in entry.items():
            if group in GROUPS and isinstance(name, Text):
                _lay_under(under, group, entry.entries[group][0], _load(name, GROUPS[group], folders, context))
    result = merged(under, root)
    return result if isinstance(result, Keys) else root


def _lay_under(under: Keys, group: str, key: Text, node: Node | None) -> None:
    if node is None:
        return
    before = under.get(group)
    under.set(key, node if before is None else merged(before, node))


def _load(name: Text, folder: str, folders: Sequence[Path], context: Context) -> Node | None:
    if name.value in ("", ".", "..") or "/" in name.value or "\\" in name.value or "\0" in name.value:
        return None  # the table of the language says what is wrong with the name
    for base in folders:
        for suffix in SUFFIXES:
            path = base / folder / f"{name.value}{suffix}"
            if path.is_file():
                return _read(path, base, name, context)
    known = _names(folder, folders)
    fix = did_you_mean(name.value, known, f"known: {listed(known) or 'none'}")
    context.problems.add(name, f"there is no {folder}/{name.value}.yaml beside the storyboard", fix)
    return None


def _read(path: Path, base: Path, name: Text, context: Context) -> Node | None:
    real, allowed = os.path.realpath(path), os.path.realpath(base)
    if not real.startswith(allowed + os.sep):
        context.problems.add(name, f"{path} is a symlink that leaves its folder", "copy the file")
        return None
    source = read_source(path, context.problems, folder=base)
    node = parse(source, context.problems) if source else None
    if node is not None and not isinstance(node, Keys):
        context.problems.add(node, f"a shared file must be a map, not {node.word}")
        return None
    return node


def _names(folder: str, folders: Sequence[Path]) -> list[str]:
    names: set[str] = set()
    for base in folders:
        names.update(path.stem for path in found_in(base / folder) if path.suffix in SUFFIXES)
    return sorted(names)

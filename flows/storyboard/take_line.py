"""Writing `take:` into a storyboard's file: one line, or a few characters; every other byte stays as it was.

Whatever comes of it is read again: if it does not say the same but for the take, nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.storyboard.document import parse
from flows.storyboard.files import read_source
from flows.storyboard.names import index
from flows.storyboard.nodes import Items, Keys, Node, Source, Text
from flows.storyboard.problems import Problems
from wan.system.files import write_whole

KEY = "take"
_COMMA_BEHIND = re.compile(r"\s*,[ \t]*")
_COMMA_BEFORE = re.compile(r"\s*,\s*\Z")
_REST_OF_LINE = re.compile(r"[ \t]*(#.*)?\r?\n[ \t]*(?![ \t#\r\n])")


def write_takes(path: Path, takes: dict[str, int | None]) -> bool:
    """Have shots (`scene.shot`) of a storyboard say these takes, or none; whether it could be done. Raises OSError."""
    source = read_source(path, Problems())
    if source is None:
        return False
    text: str | None = source.text
    for shot, take in takes.items():
        text = with_take(text, shot, take) if text is not None else None
    if text is None:
        return False
    data = path.read_bytes()
    begin = data[: len(data) - len(source.text.encode())]  # a mark of UTF-8
    write_whole(path.resolve(), lambda file: file.write(begin + text.encode()))
    return True


def with_take(text: str, shot: str, take: int | None) -> str | None:
    """The text of a storyboard with a shot's take; None if it cannot be written without touching more."""
    root = _nodes(text)
    place = _place(root, shot) if root is not None else None
    if root is None or place is None:
        return None
    keys, wanted = place[-1], _wanted(root, place, take)
    for changed in _without(text, keys) if take is None else _with(text, keys, take):
        again = _nodes(changed)
        if again is not None and _plain(again) == wanted:
            return changed
    return None


def _nodes(text: str) -> Keys | None:
    problems = Problems()
    root = parse(Source("", text), problems)
    return root if isinstance(root, Keys) and not len(problems) else None


def _place(root: Keys, shot: str) -> tuple[int, int, Keys] | None:
    """The numbers of its scene, and in there (from 0), and what it says."""
    scenes = root.get("scenes")
    nodes = scenes.values if isinstance(scenes, Items) else []
    for number, (scene, names) in enumerate(zip(nodes, index(nodes, Problems()).shots, strict=False)):
        shots = scene.get("shots") if isinstance(scene, Keys) else None
        if shot in names and isinstance(shots, Items):
            found = shots.values[names.index(shot)]
            return (number, names.index(shot), found) if isinstance(found, Keys) else None
    return None


def _wanted(root: Keys, place: tuple[int, int, Keys], take: int | None) -> Any:
    """What the file is to say."""
    plain = _plain(root)
    shot = plain["scenes"][place[0]]["shots"][place[1]]
    shot.pop(KEY, None)
    if take is not None:
        shot[KEY] = str(take)
    return plain


def _with(text: str, keys: Keys, take: int) -> Iterator[str]:
    changed = _written(text.splitlines(keepends=True), keys, take)
    if changed is not None:
        yield changed


def _written(lines: list[str], keys: Keys, take: int) -> str | None:
    if KEY in keys.entries:
        value = keys.entries[KEY][1]
        return _replaced(lines, value, take) if isinstance(value, Text) and value.plain else None
    for before in ("takes", *keys.entries):  # beside `takes` where it is said
        key = keys.entries[before][0] if before in keys.entries else None
        if key is None or key.line > len(lines):
            continue
        line = lines[key.line - 1]
        if not _begins_line(line, key):
            if line[: key.column - 1].rstrip().endswith(("{", ",")):
                return _spliced(lines, key.line, key.column, f"{KEY}: {take}, ")
            continue
        if before == "takes" or key is not next(iter(keys.entries.values()))[0]:
            ending = line[len(line.rstrip("\r\n")) :] or "\n"
            return _spliced(lines, key.line, 1, f"{' ' * (key.column - 1)}{KEY}: {take}{ending}")
    return _after_first(lines, keys, take)


def _after_first(lines: list[str], keys: Keys, take: int) -> str | None:
    """Of a shot that says one thing, on one line: below it."""
    key, value = next(iter(keys.entries.values()))
    line = lines[key.line - 1]
    if len(keys.entries) > 1 or not isinstance(value, Text) or value.line != key.line:
        return None
    ending = line[len(line.rstrip("\r\n")) :]
    added = f"{' ' * (key.column - 1)}{KEY}: {take}"
    return _spliced(lines, key.line + 1, 1, f"{added}{ending}" if ending else f"\n{added}")


def _begins_line(line: str, key: Text) -> bool:
    return not line[: key.column - 1].strip(" ")


def _replaced(lines: list[str], value: Text, take: int) -> str:
    line = lines[value.line - 1]
    start = value.column - 1
    lines[value.line - 1] = f"{line[:start]}{take}{line[start + len(value.value) :]}"
    return "".join(lines)


def _without(text: str, keys: Keys) -> Iterator[str]:
    """Its line goes, if it has one of its own; else its characters, in braces with the comma behind or before them."""
    if KEY not in keys.entries:
        yield text
        return
    key, value = keys.entries[KEY]
    lines = text.splitlines(keepends=True)
    if not isinstance(value, Text):
        return
    if _begins_line(lines[key.line - 1], key) and value.line == key.line:
        yield "".join([*lines[: key.line - 1], *lines[key.line :]])
    begin, end = _offset(lines, key), _offset(lines, value) + len(value.value) + 2 * (not value.plain)
    before, after = text[:begin], text[end:]
    if comma := _COMMA_BEHIND.match(after):
        rest = after[comma.end() :]
        yield (before.rstrip(" \t") if rest.startswith(("\n", "\r")) else before) + rest
    if comma := _COMMA_BEFORE.search(before):
        yield before[: comma.start()] + after
    if line := _REST_OF_LINE.match(after):  # the first of a shot in a list: the next key takes its place
        yield before + after[line.end() :]
    yield before + after


def _offset(lines: list[str], node: Text) -> int:
    return sum(map(len, lines[: node.line - 1])) + node.column - 1


def _spliced(lines: list[str], number: int, column: int, added: str) -> str:
    """With a text put in before that line (from 1) and column (from 1)."""
    if number > len(lines):
        return "".join([*lines, added])
    line = lines[number - 1]
    lines[number - 1] = f"{line[: column - 1]}{added}{line[column - 1 :]}"
    return "".join(lines)


def _plain(node: Node) -> Any:
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [_plain(value) for value in node.values]
    return {name: _plain(value) for name, value in node.items()}

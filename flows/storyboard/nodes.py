"""What a YAML file says, before anybody has asked what it means: texts, lists and maps that know where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from flows.errors import Place

_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@dataclass(slots=True, eq=False)
class Source:
    """One text that was read. `folder` is what paths in it are relative to; None: the storyboard's own folder."""

    name: str
    text: str = field(repr=False)
    folder: Path | None = None
    _lines: list[str] | None = field(default=None, repr=False)

    def line(self, number: int) -> str | None:
        """Line `number`, counted from 1 as libyaml counts; None past the end."""
        if self._lines is None:
            self._lines = _BREAKS.split(self.text)
        return self._lines[number - 1] if 0 < number <= len(self._lines) else None

    def place(self, line: int, column: int) -> Place:
        """A place in this source; line and column from 1."""
        return Place(self.name, line, column)


class Text:
    """A scalar: always the characters that were written. `plain`: written without quotes."""

    __slots__ = ("column", "line", "plain", "source", "value")
    word = "text"

    def __init__(self, source: Source, line: int, column: int, value: str, plain: bool) -> None:
        self.source, self.line, self.column = source, line, column
        self.value, self.plain = value, plain

    @property
    def place(self) -> Place:
        return Place(self.source.name, self.line, self.column)


class Items:
    """A list."""

    __slots__ = ("column", "line", "source", "values")
    word = "a list"

    def __init__(self, source: Source, line: int, column: int) -> None:
        self.source, self.line, self.column = source, line, column
        self.values: list[Node] = []

    @property
    def place(self) -> Place:
        return Place(self.source.name, self.line, self.column)


class Keys:
    """A map. `entries` holds the key as it was written (a `Text`, for its place) and its value, by the key's name."""

    __slots__ = ("column", "entries", "line", "source")
    word = "a map"

    def __init__(self, source: Source, line: int, column: int) -> None:
        self.source, self.line, self.column = source, line, column
        self.entries: dict[str, tuple[Text, Node]] = {}

    @property
    def place(self) -> Place:
        return Place(self.source.name, self.line, self.column)

    def get(self, key: str) -> Node | None:
        """The value of `key`, or None."""
        entry = self.entries.get(key)
        return entry[1] if entry else None

    def set(self, key: Text, value: Node) -> None:
        """Add or replace an entry."""
        self.entries[key.value] = (key, value)

    def items(self) -> Iterator[tuple[str, Node]]:
        """Names and values."""
        return ((name, value) for name, (_, value) in self.entries.items())


Node: TypeAlias = Text | Items | Keys


def merged(under: Node, over: Node) -> Node:
    """`over` laid on `under`: maps key by key, anything else replaced. Neither is changed."""
    if not isinstance(under, Keys) or not isinstance(over, Keys):
        return over
    result = Keys(over.source, over.line, over.column)
    result.entries = dict(under.entries)
    for name, (key, value) in over.entries.items():
        below = under.get(name)
        result.entries[name] = (key, merged(below, value) if below is not None else value)
    return result


def place_of(node: Node, needle: str) -> Place:
    """Where `needle` stands inside a text, when its line shows it; else where the text begins."""
    line = node.source.line(node.line) or ""
    at = line.find(needle, node.column - 1)
    return Place(node.source.name, node.line, at + 1) if at >= 0 else node.place


def stands_alone(key: Text) -> bool:
    """Whether a key in braces has neither a colon nor a value behind it: `drone shot` in `{a dog, drone shot}`."""
    behind = (key.source.line(key.line) or "")[key.column - 1 + len(key.value) :].lstrip()
    return key.plain and behind[:1] in ("", ",", "}")

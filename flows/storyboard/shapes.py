"""Lists, maps with free keys, and the way through all that a map of the language holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flows.storyboard.commas import joined_again
from flows.storyboard.context import Context, Kind, Schema
from flows.storyboard.nodes import Items, Keys, Node, Text
from flows.storyboard.records import Record, Short, is_text


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one kind of thing. Reads to a list of (node, value). `least`: fewer entries say nothing."""

    item: Kind
    most: int = 1000
    least: int = 0

    def read(self, node: Node, context: Context, key: str) -> list[tuple[Node, Any]] | None:
        if not isinstance(node, Items):
            fix = f"write {key}: [ … ], or one `- ` a line"
            context.problems.add(node, f"{key} must be a list, not {node.word}", fix)
            return None
        if len(node.values) > self.most:
            context.problems.add(node, f"{key} has {len(node.values):,} entries", f"at most {self.most:,} are allowed")
            return None
        if len(node.values) < self.least:
            context.problems.add(node, f"{key} is empty", "write one entry or more, or remove the key")
            return None
        read = ((value, self.item.read(value, context, key)) for value in node.values)
        return [(value, entry) for value, entry in read if entry is not None]

    def schema(self) -> Schema:
        least: Schema = {"minItems": self.least} if self.least else {}
        return {"type": "array", "items": self.item.schema(), **least, "maxItems": self.most}

    def words(self) -> str:
        return f"a list; each: {self.item.words()}"


@dataclass(frozen=True, slots=True)
class Later:
    """A list with at least one map in it, that the builder reads one by one. Reads to the list of nodes."""

    item: Record

    def read(self, node: Node, context: Context, key: str) -> list[Node] | None:
        if not isinstance(node, Items):
            context.problems.add(node, f"{key} must be a list, not {node.word}", "write one `- ` for each")
            return None
        if not node.values:
            context.problems.add(node, f"{key} is empty", f"add {self.item.name}")
            return None
        return node.values

    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema(), "minItems": 1}

    def words(self) -> str:
        return f"a list; each: {self.item.name}"


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map with keys of one's own choice. Reads to a dict of key → (key's node, value)."""

    key_pattern: str
    item: Kind
    what: str

    def read(self, node: Node, context: Context, key: str) -> dict[str, tuple[Text, Any]] | None:
        if not isinstance(node, Keys):
            context.problems.add(node, f"{key} must be a map, not {node.word}", "write one `name: value` a line")
            return None
        result: dict[str, tuple[Text, Any]] = {}
        node = joined_again(node, context, lambda _: is_text(self.item))
        for name, (written, value) in node.entries.items():
            if len(name) > 100 or not re.fullmatch(self.key_pattern, name):
                message = f"'{name[:60]}' cannot be the name of {self.what}"
                context.problems.add(written, message, f"it must match {self.key_pattern}")
                continue
            entry = self.item.read(value, context, name)
            if entry is not None:
                result[name] = (written, entry)
        return result

    def schema(self) -> Schema:
        pattern = f"^{self.key_pattern}$"
        return {"type": "object", "patternProperties": {pattern: self.item.schema()}, "additionalProperties": False}

    def words(self) -> str:
        return f"a map; each key names {self.what}; each value: {self.item.words()}"


def records(root: Record) -> Iterator[Record]:
    """The record and all records inside it, each once, outermost first."""
    seen: dict[str, Record] = {}

    def walk(record: Record) -> None:
        if record.name not in seen:
            seen[record.name] = record
            for field in record.fields:
                inner = inside(field.kind)
                if inner:
                    walk(inner)

    walk(root)
    return iter(seen.values())


def inside(kind: Kind) -> Record | None:
    """The record a kind is, or holds."""
    if isinstance(kind, Record):
        return kind
    if isinstance(kind, Short):
        return kind.record
    if isinstance(kind, ListOf | Later | MapOf):
        return inside(kind.item)
    return None

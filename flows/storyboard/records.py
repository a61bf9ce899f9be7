"""Maps with known keys, and their short forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flows.errors import Place
from flows.storyboard.commas import joined_again
from flows.storyboard.context import Context, Kind, Schema
from flows.storyboard.kinds import Asset, FreeText, LoraName, Version
from flows.storyboard.nodes import Keys, Node, Text
from flows.storyboard.problems import listed
from flows.storyboard.words import NONE
from wan.system.suggest import SYNONYMS, suggestions

_NOTHING = ("null", "~", "none", "None", "false", "off")
_NOTHING_LAID_OVER = "nothing is laid over the picture; add it in an editing program, to what `deliver` writes"
ABSENT: Mapping[str, str] = dict.fromkeys(
    ("logo", "watermark", "overlay", "title_card", "font", "position"), _NOTHING_LAID_OVER
)
"""What other programs have and films of ours have not."""


def _at_home(key: str, context: Context) -> str:
    return f"{key} belongs in {' or '.join(context.homes[key])}"


class Values:
    """What a map said: values by key, and the place of each by dotted key (`sampling.solver`)."""

    __slots__ = ("node", "places", "values")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.values: dict[str, Any] = {}
        self.places: dict[str, Place] = {}

    def get(self, key: str) -> Any:
        """The value of `key`, or None."""
        return self.values.get(key)

    def put(self, key: str, node: Node, value: Any) -> None:
        """Remember a value, and where it and what is inside it stand."""
        self.places[key] = node.place
        if value is None:
            return
        self.values[key] = value
        if type(value) is Values:
            for inner, place in value.places.items():
                self.places[f"{key}.{inner}"] = place


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a map: what it may hold, and a line for the reference. `default` is words, not a value."""

    key: str
    kind: Kind
    doc: str
    required: bool = False
    default: str | None = None


@dataclass(frozen=True)
class Record:
    """A map with known keys."""

    name: str
    doc: str
    fields: tuple[Field, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Field]:
        """The fields by key."""
        return {field.key: field for field in self.fields}

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """The fields that must be there."""
        return tuple(field for field in self.fields if field.required)

    def read(self, node: Node, context: Context, key: str) -> Values | None:
        if not isinstance(node, Keys):
            self._refuse(node, context, key)
            return None
        result = Values(node)
        by_key = self.by_key
        node = joined_again(node, context, lambda name: name not in by_key or is_text(by_key[name].kind))
        for name, (written, value) in node.entries.items():
            field = by_key.get(name)
            if field is None:
                self._unknown(written, node, context)
            else:
                result.put(name, value, field.kind.read(value, context, name))
        for field in self.required:
            if field.key not in node.entries and not self._meant(field, node):
                self._missing(field, node, context)
        return result

    def _missing(self, field: Field, node: Keys, context: Context) -> None:
        if isinstance(field.kind, Version):
            line = f"{field.key}: {field.kind.version}"
            context.problems.add(node, f"the first line is missing: {line}", f"add {line} above everything else")
        else:
            context.problems.add(node, f"{self.name} needs {field.key}", f"add {field.key}: {field.kind.words()}")

    def _meant(self, field: Field, node: Keys) -> bool:
        """Whether an unknown key stands for the field: then it is told of that alone."""
        return any(field.key in suggestions(name, (field.key,)) for name in node.entries if name not in self.by_key)

    def _refuse(self, node: Node, context: Context, key: str) -> None:
        if isinstance(node, Text) and node.plain and not node.value:
            context.problems.add(node, f"{key} has no value", "write one, or remove the key")
        elif isinstance(node, Text) and node.plain and node.value in _NOTHING:
            context.problems.add(node, f"{key} must be a map, not {node.value}", "remove the key to have none")
        else:
            fix = f"write {key}: {{{self.fields[0].key}: …}}; its keys: {listed(self.by_key)}"
            context.problems.add(node, f"{key} must be a map, not {node.word}", fix)

    def _unknown(self, key: Text, node: Keys, context: Context) -> None:
        name = key.value[:60]
        free = [each for each in self.by_key if each not in node.entries]
        called = (name, *SYNONYMS.get(name, ()))
        homes = next((_at_home(each, context) for each in called if each in context.homes), "")
        if name in ABSENT:
            fix = ABSENT[name]
        elif name in context.homes and not any(each in free for each in called):
            fix = homes
        else:
            otherwise = homes or f"its keys: {listed(self.by_key, 40)}"
            ask = context.problems.did_you_mean
            fix = ask(name, free, "") or ask(name, self.by_key, otherwise)
        context.problems.add(key, f"unknown key '{name}' in {self.name}", fix)

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.slug}"}

    @property
    def slug(self) -> str:
        """The name in the schema's `$defs`."""
        return re.sub(r"^(a|an|the) ", "", self.name).replace(" ", "_")

    def definition(self) -> Schema:
        """The schema of the map itself."""
        properties = {field.key: {"description": field.doc, **field.kind.schema()} for field in self.fields}
        result: Schema = {"type": "object", "description": self.doc, "properties": properties}
        if self.required:
            result["required"] = [field.key for field in self.required]
        return {**result, "additionalProperties": False}

    def words(self) -> str:
        return "a map"


@dataclass(frozen=True, slots=True)
class Short:
    """A map, or the value of its most important key alone. `keys`: which keys a bare value stands for.

    `none`: the word `none` says that nothing is wanted; it reads as the string "none".
    """

    record: Record
    keys: tuple[str, ...]
    none: bool = False

    def read(self, node: Node, context: Context, key: str) -> Values | str | None:
        if isinstance(node, Keys):
            return self.record.read(node, context, key)
        if not isinstance(node, Text):
            fix = f"its keys: {listed(self.record.by_key)}"
            context.problems.add(node, f"{key} must be {self.words()}, not {node.word}", fix)
            return None
        if self.none and node.plain and node.value == NONE:
            return NONE
        value = self.record.by_key[self.keys[0]].kind.read(node, context, key)
        if value is None:
            return None
        result = Values(node)
        for name in self.keys:
            result.put(name, node, value)
        return result

    def schema(self) -> Schema:
        bare = self.record.by_key[self.keys[0]].kind.schema()
        return {"anyOf": [bare, self.record.schema()]}

    def words(self) -> str:
        bare = self.record.by_key[self.keys[0]].kind.words()
        return (
            f"a map, or only its `{self.keys[0]}`: {bare}"
            if len(self.keys) == 1
            else f"a map, or {bare} for all its keys"
        )


def is_text(kind: Kind) -> bool:
    """Whether any characters may be written, commas among them: texts and the names of files."""
    if isinstance(kind, Short):
        kind = kind.record.by_key[kind.keys[0]].kind
    return isinstance(kind, FreeText | Asset | LoraName)

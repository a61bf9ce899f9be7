"""What reading a storyboard needs beside the nodes: where problems go, where files are, what the language is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from flows.storyboard.nodes import Items, Keys, Node, Text
from flows.storyboard.problems import Problems
from flows.storyboard.variables import Variables

AssetKind: TypeAlias = Literal["image", "video", "audio", "lora"]
Schema: TypeAlias = dict[str, Any]


class Assets(Protocol):
    """Finds the files a storyboard names."""

    def find(self, node: Text, kind: AssetKind) -> Path | None:
        """The file's absolute path; None if it cannot be used, with the reason among the problems."""


@dataclass(frozen=True, slots=True)
class Context:
    """Passed down while nodes are read. `homes` says in which maps a key is at home, for keys in the wrong place;
    `variables` are those of the film, known before anything else of it is read."""

    problems: Problems
    assets: Assets
    homes: Mapping[str, tuple[str, ...]]
    variables: Variables = field(default_factory=Variables)


class Kind(Protocol):
    """What may be written as the value of a key: reads it, and describes itself to editors and people."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The value; None if it is wrong, with the reason among the problems."""

    def schema(self) -> Schema:
        """JSON Schema of the value, as an editor's YAML 1.2 reader sees it."""

    def words(self) -> str:
        """A few words for the language reference and for messages: `a whole number from 1 to 8`."""


TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{"}


def or_template(schema: Schema) -> Schema:
    """The schema of a value that may be a template instead."""
    return {"anyOf": [schema, TEMPLATE]}


def filled(node: Node, context: Context, key: str, kind: Kind) -> Text | None:
    """As `scalar`, with variables filled in: what a value comes from is where its problems are, and what its path is
    relative to."""
    text = scalar(node, context, key, kind)
    if text is None or "{" not in text.value:
        return text
    value = context.variables.put_into(text, context.problems)
    if value is not None and not value.value:
        context.problems.add(value, f"{key} has no value", "write one, or remove the key")
        return None
    return value


def scalar(node: Node, context: Context, key: str, kind: Kind) -> Text | None:
    """The node if it is a text that is not empty; else None, and a problem."""
    if not isinstance(node, Text):
        one = node.values[0] if isinstance(node, Items) and len(node.values) == 1 else None
        fix = f"write {key}: {one.value[:60]}" if isinstance(one, Text) else f"write one value after {key}:"
        inside = _without_braces(node, key) if isinstance(node, Keys) else None
        if inside is not None:
            fix = f"remove the braces: {key}: {inside}"
        context.problems.add(node, f"{key} must be {kind.words()}, not {node.word}", fix)
        return None
    if node.plain and not node.value:
        context.problems.add(node, f"{key} has no value", "write one, or remove the key")
        return None
    return node


def _without_braces(node: Keys, key: str) -> str | None:
    """What is written in braces, as a text; None if there are none, or more than a text inside. A key that is repeated
    inside is left out: `prompt: {prompt: a dog, drone shot}`."""
    if (node.source.line(node.line) or "")[node.column - 1 : node.column] != "{" or not node.entries:
        return None
    pieces: list[str] = []
    for name, (_, value) in node.entries.items():
        if not isinstance(value, Text):
            return None
        repeated = name == key and not pieces
        pieces.append(value.value if repeated else f"{name}: {value.value}" if value.value else name)
    text = ", ".join(pieces)
    simple = re.fullmatch(r"[\w.-]+", text)
    return text[:200] if simple else json.dumps(text, ensure_ascii=False)[:200]


def wrong(text: Text, context: Context, key: str, kind: Kind, fix: str | None = None) -> None:
    """Report a text that is not of its kind."""
    context.problems.add(text, f"{key} must be {kind.words()}, not {text.value[:60]!r}", fix)

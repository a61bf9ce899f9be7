"""What reading a storyboard needs beside the nodes: where problems go, where files are, what the language is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from flows.storyboard.nodes import Items, Node, Text
from flows.storyboard.problems import Problems

AssetKind: TypeAlias = Literal["image", "video", "audio", "lora"]
Schema: TypeAlias = dict[str, Any]


class Assets(Protocol):
    """Finds the files a storyboard names."""

    def find(self, node: Text, kind: AssetKind) -> Path | None:
        """The file's absolute path; None if it cannot be used, with the reason among the problems."""


@dataclass(frozen=True, slots=True)
class Context:
    """Passed down while nodes are read. `homes` says in which maps a key is at home, for keys in the wrong place;
    `variables_used` are those that a text names."""

    problems: Problems
    assets: Assets
    homes: Mapping[str, tuple[str, ...]]
    variables_used: set[str] = field(default_factory=set)


class Kind(Protocol):
    """What may be written as the value of a key: reads it, and describes itself to editors and people."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The value; None if it is wrong, with the reason among the problems."""

    def schema(self) -> Schema:
        """JSON Schema of the value, as an editor's YAML 1.2 reader sees it."""

    def words(self) -> str:
        """A few words for the language reference and for messages: `a whole number from 1 to 8`."""


def scalar(node: Node, context: Context, key: str, kind: Kind) -> Text | None:
    """The node if it is a text that is not empty; else None, and a problem."""
    if not isinstance(node, Text):
        one = node.values[0] if isinstance(node, Items) and len(node.values) == 1 else None
        fix = f"write {key}: {one.value[:60]}" if isinstance(one, Text) else f"write one value after {key}:"
        context.problems.add(node, f"{key} must be {kind.words()}, not {node.word}", fix)
        return None
    if node.plain and not node.value:
        context.problems.add(node, f"{key} has no value", "write one, or remove the key")
        return None
    return node


def wrong(text: Text, context: Context, key: str, kind: Kind, fix: str | None = None) -> None:
    """Report a text that is not of its kind."""
    context.problems.add(text, f"{key} must be {kind.words()}, not {text.value[:60]!r}", fix)

"""A value of the language by itself: what a kind makes of a piece of YAML, and what it says is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.errors import Problem
from flows.storyboard.context import AssetKind, Context, Kind
from flows.storyboard.document import parse
from flows.storyboard.language import homes
from flows.storyboard.nodes import Node, Source, Text
from flows.storyboard.problems import Problems


class Anything:
    """Assets that are all there, in a folder of that kind."""

    def find(self, node: Text, kind: AssetKind) -> Path | None:
        return Path("/assets", kind, node.value)


def node(text: str) -> Node:
    """The node of a piece of YAML."""
    problems = Problems()
    found = parse(Source("film.yaml", text), problems)
    assert found is not None, problems.sorted()
    return found


def context() -> Context:
    return Context(Problems(), Anything(), homes())


def read(kind: Kind, text: str, key: str = "key") -> tuple[Any, list[Problem]]:
    """The value, and the problems."""
    around = context()
    return kind.read(node(text), around, key), around.problems.sorted()


def refused(kind: Kind, text: str, key: str = "key") -> tuple[str, str | None]:
    """What is said of a value that is wrong: message and fix."""
    value, problems = read(kind, text, key)
    assert value is None
    (problem,) = problems
    return problem.message, problem.fix

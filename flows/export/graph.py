"""A ComfyUI workflow in the form its API takes: nodes by number, inputs that are values or links to other nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Link:
    """One output of a node."""

    node: str
    output: int = 0

    def other(self, output: int) -> Link:
        """Another output of the same node."""
        return Link(self.node, output)


Value: TypeAlias = str | int | float | Link


class Graph:
    """Grows node by node. Two equal nodes are one: a loader that is asked for twice loads once."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[str, tuple[tuple[str, Value], ...]], tuple[str, str]] = {}

    def add(self, class_type: str, title: str = "", /, **inputs: Value | None) -> Link:
        """A node, and its first output. Inputs that are None are left away. `title` is what a person sees."""
        given = tuple(sorted((name, value) for name, value in inputs.items() if value is not None))
        known = self._nodes.setdefault((class_type, given), (str(len(self._nodes) + 1), title or class_type))
        return Link(known[0])

    def as_json(self) -> dict[str, dict[str, object]]:
        """The workflow, as `POST /prompt` of ComfyUI takes it under `prompt`."""
        return {
            number: {
                "class_type": class_type,
                "inputs": {name: _plain(value) for name, value in inputs},
                "_meta": {"title": title},
            }
            for (class_type, inputs), (number, title) in self._nodes.items()
        }


def _plain(value: Value) -> object:
    return [value.node, value.output] if isinstance(value, Link) else value

"""The variables that a storyboard declares, read before everything else: other keys are filled in with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flows.storyboard.context import Context
from flows.storyboard.language import VARIABLES
from flows.storyboard.nodes import Keys, Text
from flows.storyboard.problems import Problems
from flows.storyboard.records import Values


@dataclass(frozen=True, slots=True)
class Declared:
    """Each variable with its value, or its example; `examples` are those that a film of a batch has to bring."""

    values: Mapping[str, Text]
    examples: frozenset[str]


def declared(root: Keys, context: Context) -> Declared:
    """What is wrong with them is said when the whole film is read."""
    node = root.get("variables")
    read = VARIABLES.read(node, replace(context, problems=Problems()), "variables") if node is not None else None
    values: dict[str, Text] = {}
    examples: set[str] = set()
    for name, (_, written) in (read or {}).items():
        value, example = written.get("value"), written.get("example")
        text = example if value is None else value
        if text is not None:
            values[name] = text
        if value is None:
            examples.add(name)
    return Declared(values, frozenset(examples))


def check_variables(written: Mapping[str, tuple[Text, Values]], problems: Problems) -> None:
    """Add what is wrong between their keys."""
    for name, (key, values) in written.items():
        if len(values.places) == 2:
            problems.add(values.places["example"], f"{name} has a value and an example", "keep one")
        elif not values.places:
            problems.add(key, f"{name} has neither a value nor an example", "write one")

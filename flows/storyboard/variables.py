"""The variables of a film, and what is made of a text by putting them in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flows.storyboard.nodes import Text, place_of
from flows.storyboard.problems import Problems
from flows.storyboard.templates import TemplateError, Templates
from flows.storyboard.words import VARIABLE

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
"""What a terminal or a player would obey instead of showing; tabs and the ends of lines are fine."""

_ALONE = re.compile(rf"\s*\{{\{{\s*({VARIABLE})\s*\}}\}}\s*")


@dataclass(frozen=True, slots=True)
class Unset:
    """A variable without a value: where it should be, and why there is none."""

    node: Text
    why: str = "the cell is empty"


@dataclass(frozen=True)
class Variables:
    """`given`: each with the place that its value is from. `unset`: names that have none, and where it should be; a
    text that needs one is told of that place. `used` are those that the film asks for; `files` those of them that name
    a file alone."""

    given: Mapping[str, Text] = field(default_factory=dict)
    unset: Mapping[str, Unset] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    """Of those that are unset: each is asked for once."""

    @cached_property
    def templates(self) -> Templates:
        """What fills them in."""
        return Templates({name: node.value for name, node in self.given.items()}, self.used)

    def put_into(self, node: Text, problems: Problems) -> Text | None:
        """The value that is meant, where it comes from: a template that is one variable alone is where that is written.
        None after a problem."""
        alone = sole_variable(node)
        if alone is not None and alone in self.given:
            self.used.add(alone)
            given = self.given[alone]
            return Text(given.source, given.line, given.column, given.value.strip(), True)
        text = self.fill(node, problems)
        if text is None or text == node.value:
            return None if text is None else node
        return Text(node.source, node.line, node.column, text, True)

    def fill(self, node: Text, problems: Problems) -> str | None:
        """The text of a node with its templates filled in; None after a problem."""
        try:
            text = self.templates.render(node.value)
        except TemplateError:
            for error in self.templates.errors(node.value):
                self._report(error, node, problems)
            return None
        if "\\" in node.value and CONTROL.search(text):  # a text within a template may write one as \x1b
            problems.add(place_of(node, "\\"), "a template makes a control character", "remove it")
            return None
        return text

    def _report(self, error: TemplateError, node: Text, problems: Problems) -> None:
        empty = self.unset.get(error.variable) if error.variable else None
        if empty is None:
            problems.add(place_of(node, error.needle), error.message, error.fix)
            return
        if error.variable in self.told:
            return
        self.told.add(error.variable or "")
        message = f"{empty.why}, and {place_of(node, error.needle)} needs it"
        problems.add(empty.node, message, f"write one, or there: {{{{ {error.variable} | default('…') }}}}")


def sole_variable(node: Text) -> str | None:
    """The variable that a text is, and nothing else: `{{ picture }}`."""
    match = _ALONE.fullmatch(node.value)
    return match[1] if match else None

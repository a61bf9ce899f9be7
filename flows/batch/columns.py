"""Columns against a storyboard: which variable each one is, which lack, and which nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from flows.batch.asked import Asked
from flows.batch.faults import Fault
from flows.batch.tables import Row, Table
from flows.storyboard.load import Written
from flows.storyboard.nodes import Items, Keys, Node, Source, Text
from flows.storyboard.problems import Problems
from flows.storyboard.variables import Unset, Variables, sole_variable
from wan.system.suggest import did_you_mean

OVERRIDE = "storyboard."
"""A column that begins so is an override: `storyboard.shots.drift.seed`."""


NAME = "--film-name"
"""The option that says what films are called, by the name that it has in every command: `--name` is a schedule's."""


@dataclass(frozen=True)
class Columns:
    """How the columns of a table, and the names of a matrix, fill a storyboard's variables."""

    written: Written
    table: Table
    asked: Asked
    fetched: dict[str, Path] = field(default_factory=dict)
    """By address, the files that were fetched."""

    def cell(self, row: Row, place: int) -> Text:
        """The cell as a text of the storyboard's; an address by the file that was fetched from it."""
        value = row.cells[place] or ""
        file = self.fetched.get(value) if self.table.columns[place] in self.files else None
        if file is None:
            return Text(self.source, row.number, place + 1, value, True)
        return Text(Source(self.source.name, "", file.parent), row.number, place + 1, file.name, True)

    @cached_property
    def _one(self) -> Variables:
        """Those of a film that was read for what it asks for."""
        variables = Variables(self.written.declared.values)
        self.written.film(variables, Problems())
        if self.asked.name is not None:
            variables.fill(Text(Source(NAME, self.asked.name), 1, 1, self.asked.name, True), Problems())
        return variables

    @cached_property
    def used(self) -> frozenset[str]:
        """The variables that a film asks for."""
        return frozenset(self._one.used)

    @cached_property
    def files(self) -> frozenset[str]:
        """Those of them that name files."""
        return frozenset(self._one.files)

    @cached_property
    def known(self) -> frozenset[str]:
        """The variables that a column may be called after."""
        return self.used | self.written.declared.values.keys()

    @cached_property
    def taken(self) -> tuple[tuple[int, str], ...]:
        """The columns that films are made of, each with its place in a row."""
        return tuple(
            (place, name)
            for place, name in enumerate(self.table.columns)
            if name not in self.asked.ignored and (name in self.known or name.startswith(OVERRIDE))
        )

    @cached_property
    def source(self) -> Source:
        """Of the cells: their paths are relative to the table's folder."""
        path = self.table.path
        return Source(str(path), "", path.parent)

    @cached_property
    def absent(self) -> Mapping[str, Unset]:
        """Variables that are neither a column nor anything else."""
        given = {name for _, name in self.taken} | self.asked.matrix.keys() | self.written.declared.values.keys()
        header = Text(self.source, 1, 1, "", True)
        return {name: Unset(header, f"the table has no column '{name}'") for name in self.used - given}

    @cached_property
    def by_number(self) -> Mapping[int, Row]:
        """The rows by their numbers."""
        return {row.number: row for row in self.table.rows}

    @cached_property
    def places(self) -> Mapping[tuple[str, int, int], str]:
        """Where the storyboard says a variable alone: whatever is found to be wrong there later, is so in its cell."""
        return {
            (node.source.name, node.line, node.column): name
            for node in _texts(self.written.root)
            if (name := sole_variable(node)) is not None
        }

    def faults(self) -> Iterator[Fault]:
        """What is wrong with the header and the matrix."""
        columns, asked = self.table.columns, self.asked
        examples = self.written.declared.examples
        open_names = sorted((self.known - set(columns)) - asked.matrix.keys())
        for number, name in enumerate(columns, 1):
            if name in asked.matrix:
                yield Fault(f"'{name}' is a column and in --matrix", "leave one of them out", 1, name, number)
            elif name not in self.known and name not in asked.ignored and not name.startswith(OVERRIDE):
                fix = did_you_mean(name, open_names, f"if no film needs it: --ignore '{name}'")
                yield Fault("the storyboard has no such variable", fix, 1, name, number)
        for name in asked.matrix:
            if name not in self.known and not name.startswith(OVERRIDE):
                fix = did_you_mean(name, self.known, f"its variables: {', '.join(sorted(self.known)) or 'none'}")
                yield Fault(f"--matrix {name}: the storyboard has no such variable", fix)
        for name in asked.ignored:
            if name not in columns:
                fix = did_you_mean(name, columns, f"there are: {', '.join(columns[:12])}")
                yield Fault(f"--ignore {name}: the table has no such column", fix)
        strange = [name for name in columns if name not in self.known and name not in asked.ignored]
        for name in sorted(examples - set(columns) - asked.matrix.keys()):
            fix = did_you_mean(name, strange, f"add it, or say once for all films: storyboard.variables.{name}=…")
            yield Fault(f"the table has no column '{name}'", fix, 1)


def _texts(node: Node) -> Iterator[Text]:
    """All texts below a node."""
    stack: list[Node] = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, Text):
            yield here
        elif isinstance(here, Items):
            stack.extend(here.values)
        elif isinstance(here, Keys):
            stack.extend(value for _, value in here.items())

"""From rows to films: each row, with each choice of the matrix, fills in the storyboard that was read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flows.batch.asked import combinations
from flows.batch.columns import NAME, OVERRIDE, Columns
from flows.batch.faults import Fault
from flows.batch.tables import Row
from flows.errors import Problem
from flows.garbage import without_garbage_collection
from flows.storyboard.build import slug_of
from flows.storyboard.model import Storyboard
from flows.storyboard.nodes import Source, Text
from flows.storyboard.overrides import Override, read_overrides
from flows.storyboard.problems import Problems
from flows.storyboard.variables import Unset, Variables

MAX_NAME = 200
"""Characters of a film's name; file systems allow 255 bytes."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film to be: the `row` of the table that it is of, its `variables` as they are written there and in the matrix
    (empty cells left out), and its storyboard, whose slug is the film's `name`."""

    row: int
    variables: Mapping[str, str]
    storyboard: Storyboard

    @property
    def name(self) -> str:
        """Unique in the batch; its folder."""
        return self.storyboard.slug


@dataclass(frozen=True, slots=True)
class Read:
    """What the rows came to: the films that can be made of them, and what is wrong with the others."""

    films: tuple[Film, ...]
    faults: tuple[Fault, ...]


def read_films(columns: Columns, known: Sequence[Fault] = ()) -> Read:
    """Every row with every choice of the matrix. A row of which one film is wrong has none; nor have those with `known`
    faults."""
    faults: list[Fault] = [*known, *_of_cells(columns), *_repeated(columns)]
    bad = {fault.row for fault in faults}
    films: list[Film] = []
    found: list[tuple[Row, Problem]] = []
    total = 0
    with without_garbage_collection():
        for row in columns.table.rows:
            if row.number in bad:
                continue
            for choice in combinations(columns.asked.matrix):
                film, problems = _film(columns, row, choice)
                total += 1
                found += [(row, problem) for problem in problems]
                if film is not None and not problems:
                    films.append(film)
    faults += _translated(columns, found, total)
    bad = {fault.row for fault in faults}
    films = [film for film in films if film.row not in bad]
    clashes = [*_clashes(films)]
    bad = {fault.row for fault in clashes}
    return Read(tuple(film for film in films if film.row not in bad), (*faults, *clashes))


def _of_cells(columns: Columns) -> Iterator[Fault]:
    """What reading the table found, but for cells that no film needs."""
    needed = {name for _, name in columns.taken}
    return (fault for fault in columns.table.faults if fault.column is None or fault.column in needed)


def _repeated(columns: Columns) -> Iterator[Fault]:
    first: dict[tuple[str | None, ...], int] = {}
    for row in columns.table.rows:
        cells = tuple(row.cells[place] for place, _ in columns.taken)
        earlier = first.setdefault(cells, row.number)
        if earlier != row.number and not row.broken:
            yield Fault(f"the row says the same as row {earlier}", "remove it: it would be the same film", row.number)


def _film(columns: Columns, row: Row, choice: Mapping[str, str]) -> tuple[Film | None, list[Problem]]:
    given = dict(columns.written.declared.values)
    unset = dict(columns.absent)
    overrides: list[Override] = []
    values: dict[str, str] = {}
    for place, name in columns.taken:
        value = row.cells[place]
        node = columns.cell(row, place)
        if value is not None:
            values[name] = value
        if name.startswith(OVERRIDE):
            overrides += [_override(name, node)] if value is not None else []
        elif value is None:
            given.pop(name, None)
            unset[name] = Unset(node)
        else:
            given[name] = node
    for name, value in choice.items():
        node = Text(Source(f"--matrix {name}", ""), 1, 1, value, True)
        values[name] = value
        if name.startswith(OVERRIDE):
            overrides.append(_override(name, node))
        else:
            given[name] = node
    problems, variables = Problems(), Variables(given, unset)
    storyboard = columns.written.film(variables, problems, overrides)
    if storyboard is None or len(problems):
        return None, problems.sorted()
    name = _name(columns, storyboard, choice, variables, problems)
    decided = columns.asked.decided.get(name)
    if decided:
        more = read_overrides(decided, problems)
        storyboard = columns.written.film(Variables(given, unset), problems, [*overrides, *more])
        if storyboard is None or len(problems):
            return None, problems.sorted()
    sent = columns.asked.sent
    whose = sent.whose[0] if sent is not None else storyboard.sent_from
    return Film(row.number, values, replace(storyboard, slug=name, sent_from=whose)), problems.sorted()


def _override(name: str, node: Text) -> Override:
    path = tuple(name.removeprefix(OVERRIDE).split("."))
    return Override(node.source, path, node.value, node.column, node.line, node.column)


def _name(
    columns: Columns, storyboard: Storyboard, choice: Mapping[str, str], variables: Variables, problems: Problems
) -> str:
    """The film's name: of `--film-name`, or its title's; with what the matrix chose, unless the template says it."""
    template = columns.asked.name
    own = Variables(variables.given, variables.unset)
    name: str | None = storyboard.slug
    if template is not None:
        name = own.fill(Text(Source(NAME, template), 1, 1, template, True), problems)
        if name is not None and not name.strip():
            problems.add(None, "--film-name makes an empty name", "name a variable in it: --film-name '{{ … }}'")
    chosen = [value for each, value in choice.items() if each not in own.used]
    return "-".join([slug_of(name or ""), *map(slug_of, chosen)])[:MAX_NAME].rstrip("-")


def _clashes(films: Sequence[Film]) -> Iterator[Fault]:
    """Films of one name would be written over each other."""
    first: dict[str, Film] = {}
    for film in films:
        earlier = first.setdefault(film.name, film)
        if earlier is not film:
            fix = _told_apart(films) or "tell them apart: --film-name '{{ … }}'"
            message = f"the film would be called '{film.name}', as that of row {earlier.row}"
            yield Fault(message, fix, film.row, value=str(earlier.row))


def _told_apart(films: Sequence[Film]) -> str | None:
    """A variable that is another one in each row."""
    rows = len({film.row for film in films})
    for name in films[0].variables:
        values = {film.row: slug_of(film.variables.get(name, "")) for film in films}
        if len(set(values.values())) == rows and not name.startswith(OVERRIDE):
            return f"tell them apart: --film-name '{{{{ {name} }}}}'"
    return None


def _translated(columns: Columns, found: Sequence[tuple[Row, Problem]], total: int) -> Iterator[Fault]:
    """Problems as faults; what every film has is the storyboard's own, and said once."""
    times = Counter((problem.place, problem.message) for _, problem in found)
    faults: dict[Fault, None] = {}
    for row, problem in found:
        fault = fault_of(columns, row.number, problem)
        if fault.about is not None and total > 1 and times[problem.place, problem.message] >= total:
            fault = replace(fault, row=None)
        faults[fault] = None
    return iter(faults)


def fault_of(columns: Columns, row: int, problem: Problem) -> Fault:
    """A problem of the film of a row: where its value is from, if it is from the table."""
    place, message = problem.place, problem.message
    if place is None:
        return Fault(message, problem.fix, row)
    if place.file == columns.source.name:
        number = place.column
        if place.line == 1:
            return Fault(message, problem.fix, 1)
        return _in_cell(columns, place.line, number, message, problem.fix)
    if place.file.startswith("--"):
        return Fault(f"{place.file}: {message}", problem.fix)
    variable = columns.places.get((place.file, place.line, place.column))
    if variable in columns.table.columns:
        return _in_cell(columns, row, columns.table.columns.index(variable) + 1, message, problem.fix)
    said = f"shot {problem.shot}: {message}" if problem.shot else message
    return Fault(said, problem.fix, row, about=place)


def _in_cell(columns: Columns, row: int, number: int, message: str, fix: str | None) -> Fault:
    by_number = columns.by_number
    value = by_number[row].cells[number - 1] if row in by_number else None
    return Fault(message, fix, row, columns.table.columns[number - 1], number, value or "")

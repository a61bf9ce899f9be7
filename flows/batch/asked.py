"""What is asked of a batch: a storyboard, a table, and how films are made of its rows."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.errors import UserError

MOST_FILMS = 10_000
"""Films of one batch, unless somebody asks for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Of a batch that was sent from elsewhere (`flows.batch.sending`): `folder` has all its files, looks and casts in
    the folders `search`; `fetched` are the files of the table's addresses; `whose` says where storyboard and table are
    from."""

    folder: Path
    search: tuple[Path, ...]
    fetched: Mapping[str, Path]
    whose: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`matrix`: values that every row is combined with. `name`: a template for the films' names; None: the title and
    the matrix. `called`: the batch's own name; None: storyboard and table. `ignored`: columns that no film needs.
    `skip_bad`: films of rows that are right are made although others are wrong. `sent`: None for one of this machine.
    `decided`: overrides into the storyboard of single films, by their names.
    """

    storyboard: str | Path
    table: Path
    overrides: Sequence[str] = ()
    matrix: Mapping[str, Sequence[str]] = field(default_factory=dict)
    name: str | None = None
    called: str | None = None
    ignored: Sequence[str] = ()
    sheet: str | None = None
    skip_bad: bool = False
    most: int = MOST_FILMS
    config_dir: Path | None = None
    sent: Sent | None = None
    decided: Mapping[str, Sequence[str]] = field(default_factory=dict)


def matrix_of(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """`locale=en,de` as {"locale": ("en", "de")}; values with commas stand in double quotes. Raises UserError."""
    matrix: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, written = text.partition("=")
        values = tuple(value.strip() for value in next(csv.reader([written], skipinitialspace=True), []))
        if not name.strip() or not equals or not values or not all(values):
            raise UserError(f"--matrix {text}: write a name and its values: --matrix locale=en,de")
        if name in matrix:
            raise UserError(f"--matrix {text}: {name} is there twice; give all its values at once")
        if len(set(values)) < len(values):
            raise UserError(f"--matrix {text}: a value is there twice")
        matrix[name.strip()] = values
    return matrix


def combinations(matrix: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Every choice of one value for each name; one without any if there are no names."""
    for values in itertools.product(*matrix.values()):
        yield dict(zip(matrix, values, strict=True))

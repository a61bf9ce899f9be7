"""The options of a batch, which `batch`, `submit` and `schedule add` share: one film for each row of a table."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from flows.batch.asked import Asked

F = TypeVar("F", bound=Callable[..., Any])
MOST = 1_000_000
_FLAGS = {
    "matrix": "--matrix",
    "film_name": "--film-name",
    "called": "--as",
    "ignore": "--ignore",
    "sheet": "--sheet",
    "skip_bad": "--skip-bad",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """As they were typed. `table` None: one film."""

    table: Path | None
    matrix: tuple[str, ...]
    film_name: str | None
    called: str | None
    ignore: tuple[str, ...]
    sheet: str | None
    skip_bad: bool
    max_films: int

    def asked(self, storyboard: str, overrides: Sequence[str], config_dir: Path | None) -> Asked:
        """The batch. Raises UserError for a matrix that is none."""
        from flows.batch.asked import Asked, matrix_of

        assert self.table is not None
        return Asked(
            storyboard=storyboard,
            table=self.table,
            overrides=overrides,
            matrix=matrix_of(self.matrix),
            name=self.film_name,
            called=self.called,
            ignored=self.ignore,
            sheet=self.sheet,
            skip_bad=self.skip_bad,
            most=self.max_films,
            config_dir=config_dir,
        )

    def parameters(self, table: str) -> dict[str, Any]:
        """Those of the deployed flow; `table` is where the films are made."""
        return {
            "table": table,
            "matrix": list(self.matrix),
            "film_name": self.film_name or "",
            "batch_name": self.called or "",
            "ignore": list(self.ignore),
            "sheet": self.sheet or "",
            "skip_bad": self.skip_bad,
            "max_films": self.max_films,
        }


def table_options(*, required: bool = False, short_name: bool = True) -> Callable[[F], F]:
    """Of a command that has `overrides` too: it gets `rows`, and the overrides without what belongs to the matrix.
    `short_name`: `--name` is free to mean `--film-name`."""

    def with_options(function: F) -> F:
        @functools.wraps(function)
        def command(*, overrides: tuple[str, ...], matrix: tuple[str, ...], **values: Any) -> Any:
            matrix, overrides = split_matrix(matrix, overrides)
            own = {name: values.pop(name) for name in ("table", *_FLAGS, "max_films") if name in values}
            rows = TableOptions(matrix=matrix, **own)
            if rows.table is None:
                _check_none(rows)
            return function(overrides=overrides, rows=rows, **values)

        names = ("--film-name", "--name") if short_name else ("--film-name",)
        for option in reversed(_options(names, required=required)):
            command = option(command)
        return command  # type: ignore[return-value]  # click's decorators keep the function

    return with_options


def split_matrix(matrix: tuple[str, ...], overrides: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The matrix, and the overrides: behind `--matrix a=1,2` names that are no groups of settings go on with it."""
    from flows.config.names import GROUPS

    if not matrix:
        return matrix, overrides
    more = [
        text
        for text in overrides
        if (key := text.partition("=")[0]).isidentifier() and key not in (*GROUPS, "storyboard")
    ]
    return (*matrix, *more), tuple(text for text in overrides if text not in more)


def _check_none(rows: TableOptions) -> None:
    for name, flag in _FLAGS.items():
        if getattr(rows, name):
            raise click.UsageError(f"{flag} is for a film for each row of a table: --table FILE")


def _options(names: tuple[str, ...], *, required: bool) -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--table",
            type=click.Path(path_type=Path),
            required=required,
            metavar="FILE",
            help="A row a film: .csv, .jsonl, .parquet or .xlsx; its columns are variables of the storyboard.",
        ),
        click.option(
            "--matrix",
            multiple=True,
            metavar="NAME=A,B",
            help="Combine each row with each of these values; more names may follow.",
        ),
        click.option(
            *names,
            "film_name",
            metavar="TEMPLATE",
            help="What films are called: '{{ sku }}-{{ locale }}' (default: their titles).",
        ),
        click.option("--as", "called", metavar="NAME", help="What the batch is called (default: after both files)."),
        click.option("--ignore", multiple=True, metavar="COLUMN", help="No film needs this column; may be repeated."),
        click.option("--sheet", metavar="NAME", help="Of a spreadsheet (default: its first)."),
        click.option("--skip-bad", is_flag=True, help="Make the films of rows that are right, and name the others."),
        click.option(
            "--max-films", type=click.IntRange(1, MOST), default=10_000, show_default=True, help="More are refused."
        ),
    ]

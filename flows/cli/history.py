"""`wanflow history`: what was rendered, when, and how long it took."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from flows.cli.options import config_dir_option, json_option, overrides_argument
from flows.words import duration

if TYPE_CHECKING:
    from flows.cli.forms import HistoryDocument
    from flows.ledger import LedgerRow


COLUMNS = ("when", "film", "shot", "take", "status", "seed", "took", "quality")
NUMBERS = COLUMNS[5:]
PIPED_WIDTH = 140
"""Columns where stdout is no terminal. On a narrow terminal the title of a film takes two lines."""


@click.command("history", short_help="List the takes rendered so far.")
@overrides_argument
@click.option("--film", help="Only this film: its title, or the name of its output folder.")
@click.option("--shot", help="Only this shot: scene.shot, or its last part.")
@click.option("--status", type=click.Choice(["rendered", "cached", "failed"]), help="Only takes that went like this.")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="At most so many, newest first.")
@json_option
@config_dir_option
def command(
    overrides: tuple[str, ...],
    film: str | None,
    shot: str | None,
    status: str | None,
    limit: int,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """List the takes in the store's ledger, newest first.

    \b
    Examples:
      wanflow history
      wanflow history --film the-paper-boat --shot drift
      wanflow history --status failed --json
    """
    from flows.config import compose
    from flows.ledger import read_history
    from flows.store import open_store

    damaged: list[str] = []
    store = open_store(compose(overrides, config_dir).settings.store.address)
    store.check()
    rows = read_history(store, film=film, shot=shot, status=status, limit=limit, on_damage=damaged.append)
    if as_json:
        _print_json(rows, damaged)
        return
    for message in damaged:
        click.echo(f"warning: {message}", err=True)
    if rows:
        _print(rows)
    elif film or shot or status:
        click.echo("No take is like that; all of them: wanflow history")
    else:
        click.echo("Nothing yet. Render something: wanflow render paper_boat")


def _print(rows: list[LedgerRow]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    cells = [_cells(row) for row in rows]
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, name in enumerate(COLUMNS):
        width = None if name == "film" else max(len(name), *(len(row[index]) for row in cells))
        justify: Literal["right", "left"] = "right" if name in NUMBERS else "left"
        table.add_column(name, no_wrap=name != "film", justify=justify, min_width=width)
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table)


def _cells(row: LedgerRow) -> tuple[str, ...]:
    return (
        row.when.astimezone().strftime("%d %b %H:%M"),
        row.film,
        row.shot,
        str(row.take) if row.clip == 1 else f"{row.take}.{row.clip}",
        row.status,
        str(row.spec.seed),
        duration(row.total_seconds) if row.seconds else "-",
        f"{row.scores['quality']:.3f}" if "quality" in row.scores else "-",
    )


def _print_json(rows: list[LedgerRow], damaged: list[str]) -> None:
    from flows.cli.document import envelope, print_document, warnings
    from flows.fields import plain

    document: HistoryDocument = {
        **envelope("history", problems=warnings(damaged)),
        "takes": [plain(row) for row in rows],
    }
    print_document(document)

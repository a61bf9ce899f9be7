"""`wanflow history`: what was rendered, when, how long it took, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from flows.cli.options import config_dir_option, json_option, overrides_argument
from flows.words import duration, money

if TYPE_CHECKING:
    from flows.cli.forms.history import HistoryDocument
    from flows.ledger import Chosen, LedgerRow
    from flows.ledger.sums import Sum
    from flows.settings import Settings
    from flows.store import Store

COLUMNS = ("when", "film", "shot", "take", "status", "seed", "took", "used", "cost", "quality")
SUM_COLUMNS = ("rendered", "from store", "failed", "used", "of it failed", "repeated", "cost")
LEFT = ("when", "film", "shot", "take", "status")
PIPED_WIDTH = 140
"""Columns where stdout is no terminal. On a narrow terminal the title of a film takes two lines."""
BY = ("film", "batch", "week", "month", "model", "variant", "person", "gpu")
PAGE = "history.html"


@click.command("history", short_help="List what was rendered, and what it cost.")
@overrides_argument
@click.option("--film", help="Only this film: its title, or its output folder, of a batch BATCH/FILM.")
@click.option("--shot", help="Only this shot: scene.shot, or its last part.")
@click.option("--batch", help="Only films of this batch.")
@click.option("--model", help="Only this family of checkpoints, as in model=.")
@click.option("--variant", help="Only this variant, as i2v-a14b.")
@click.option("--person", help="Only what this user rendered.")
@click.option(
    "--status", type=click.Choice(["rendered", "cached", "failed", "stopped"]), help="Only takes that went like this."
)
@click.option("--failed", is_flag=True, help="Only takes that failed, or had an attempt that did.")
@click.option("--since", metavar="WHEN", help="From then on: 2026-11-01, 2026-11-01T18:00, or 7d: that long ago.")
@click.option("--until", metavar="WHEN", help="Before then; a date is the end of its day.")
@click.option("--by", type=click.Choice(BY), help="Sums, by one of these.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, newest or dearest first.  [default: 30 takes]")
@click.option(
    "--plot",
    is_flag=False,
    flag_value=PAGE,
    metavar="[FILE]",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Write a page with charts ({PAGE} unless named).",
)
@json_option
@config_dir_option
def command(
    overrides: tuple[str, ...],
    film: str | None,
    shot: str | None,
    batch: str | None,
    model: str | None,
    variant: str | None,
    person: str | None,
    status: Literal["rendered", "cached", "failed", "stopped"] | None,
    failed: bool,
    since: str | None,
    until: str | None,
    by: Literal["film", "batch", "week", "month", "model", "variant", "person", "gpu"] | None,
    limit: int | None,
    plot: Path | None,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """List the takes in the store's ledger, newest first; with --by sums of what they used and cost.

    \b
    Examples:
      wanflow history
      wanflow history --film the-paper-boat --shot drift
      wanflow history --by week --since 2026-11-01
      wanflow history --by person --model wan22 --json
      wanflow history --plot costs.html
    """
    from flows.cli.dates import check_order, from_then, until_then
    from flows.config import compose
    from flows.cost.month import zone_of
    from flows.ledger import Chosen
    from flows.store import open_store

    settings = compose(overrides, config_dir).settings
    zone = zone_of(settings.cost.timezone)
    chosen = Chosen(
        film=film,
        shot=shot,
        status=status,
        batch=batch,
        model=model,
        variant=variant,
        person=person,
        since=from_then(since, "--since", zone),
        until=until_then(until, "--until", zone),
        failed=failed,
    )
    check_order(chosen.since, chosen.until)
    store = open_store(settings.store.address)
    store.check()
    damaged: list[str] = []
    if plot is not None:
        _plot(store, chosen, settings, plot, damaged, as_json=as_json)
        return
    rows = _takes(store, chosen, limit or 30, damaged) if by is None else []
    found = _sums(store, chosen, by, settings, damaged)
    if as_json:
        _print_json(rows, found[:limit] if by else [], found, damaged)
        return
    _warn(damaged)
    if by is not None and found:
        _print_sums(by, found[:limit], found)
    elif rows:
        _print(rows, found)
    elif chosen != Chosen():
        click.echo("No take is like that; all of them: wanflow history")
    else:
        click.echo("Nothing yet. Render something: wanflow render paper_boat")


def _takes(store: Store, chosen: Chosen, limit: int, damaged: list[str]) -> list[LedgerRow]:
    from flows.ledger import read_history

    return read_history(store, chosen, limit=limit, on_damage=damaged.append)


def _sums(store: Store, chosen: Chosen, by: str | None, settings: Settings, damaged: list[str]) -> list[Sum]:
    from flows.cost.month import zone_of
    from flows.ledger import read_columns
    from flows.ledger.sums import SUMMED, sums

    said: list[str] = []
    rows = read_columns(store, SUMMED, chosen, on_damage=said.append)
    damaged += [each for each in said if each not in damaged]
    return sums(rows, by, zone_of(settings.cost.timezone))  # type: ignore[arg-type]  # click has checked it


def _plot(store: Store, chosen: Chosen, settings: Settings, path: Path, damaged: list[str], *, as_json: bool) -> None:
    from flows.cli.document import envelope, print_document, warnings
    from flows.cost.month import zone_of
    from flows.errors import EnvironmentProblem
    from flows.ledger import read_columns
    from flows.report.history import PLOTTED, write_history_page

    rows = read_columns(store, PLOTTED, chosen, on_damage=damaged.append)
    try:
        write_history_page(rows, path, zone_of(settings.cost.timezone), store.address)
    except OSError as error:
        raise EnvironmentProblem(
            f"--plot {path}: cannot be written: {error.strerror}\n    name another file"
        ) from error
    if as_json:
        print_document({**envelope("history --plot", problems=warnings(damaged)), "page": str(path), "rows": len(rows)})
        return
    _warn(damaged)
    click.echo(f"page  {path}")


def _warn(damaged: Sequence[str]) -> None:
    for message in damaged:
        click.echo(f"warning: {message}", err=True)


def _print(rows: list[LedgerRow], found: list[Sum]) -> None:
    _table(COLUMNS, [_cells(row) for row in rows], folded="film", left=LEFT)
    for line in _in_all(found):
        click.echo(line)


def _print_sums(by: str, shown: list[Sum], found: list[Sum]) -> None:
    _table((by, *SUM_COLUMNS), [(one.of, *_sum_cells(one)) for one in shown], folded=by, left=(by,))
    if len(shown) < len(found):
        click.echo(f"and {len(found) - len(shown):,} more; without --limit all of them")
    for line in _in_all(found):
        click.echo(line)


def _table(columns: Sequence[str], cells: Sequence[tuple[str, ...]], *, folded: str, left: Sequence[str]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, name in enumerate(columns):
        width = None if name == folded else max(len(name), *(len(row[index]) for row in cells))
        justify: Literal["right", "left"] = "left" if name in left else "right"
        table.add_column(name, no_wrap=name != folded, justify=justify, min_width=width)
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table)


def _cells(row: LedgerRow) -> tuple[str, ...]:
    return (
        row.when.astimezone().strftime("%d %b %H:%M"),
        row.film_named,
        row.shot,
        (str(row.take) if row.clip == 1 else f"{row.take}.{row.clip}") if row.take else "still",
        row.status,
        str(row.spec.seed),
        duration(row.total_seconds) if row.seconds else "-",
        duration(row.used_seconds) if row.used_seconds else "-",
        money(row.cost, row.currency) if row.cost is not None and row.used_seconds else "-",
        f"{row.scores['quality']:.3f}" if "quality" in row.scores else "-",
    )


def _sum_cells(one: Sum) -> tuple[str, ...]:
    return (
        f"{one.rendered:,}",
        f"{one.cached:,}",
        f"{one.failed:,}",
        duration(one.used_seconds) if one.used_seconds else "-",
        duration(one.failed_seconds) if one.failed_seconds else "-",
        duration(one.repeated_seconds) if one.repeated_seconds else "-",
        costs(one),
    )


def costs(one: Sum) -> str:
    """By currency; what had no price is marked."""
    said = " + ".join(money(value, currency) for currency, value in sorted(one.cost.items()))
    return (said + (" *" if one.unpriced_seconds else "")) if said else "-"


def _in_all(found: list[Sum]) -> list[str]:
    from flows.ledger.sums import together

    total = together(found)
    if not total.used_seconds:
        return []
    costs_ = [money(value, currency) for currency, value in sorted(total.cost.items())]
    failed, repeated = duration(total.failed_seconds), duration(total.repeated_seconds)
    wasted = f"; of it wasted: failed {failed}, repeated {repeated}" if total.wasted_seconds else ""
    lines = [f"\nin all used {', '.join([duration(total.used_seconds), *costs_])}{wasted}"]
    if costs_ and total.unpriced_seconds:
        lines.append(f"* {duration(total.unpriced_seconds)} of it had no price: cost.gpu_hour, cost.worker_hour")
    return lines


def _print_json(rows: list[LedgerRow], shown: list[Sum], found: list[Sum], damaged: list[str]) -> None:
    from flows.cli.document import envelope, print_document, warnings
    from flows.fields import plain
    from flows.ledger.sums import together

    document: HistoryDocument = {
        **envelope("history", problems=warnings(damaged)),
        "takes": [plain(row) for row in rows],
        "sums": [plain(one) for one in shown],
        "total": plain(together(found)),
    }
    print_document(document)

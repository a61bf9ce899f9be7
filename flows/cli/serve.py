"""`wanflow serve`: make the films that others submit."""

from __future__ import annotations

import click

from flows.cli.options import overrides_argument


@click.command("serve", short_help="Make the films that others submit, on this machine.")
@overrides_argument
@click.option("--limit", type=click.IntRange(1, 1000), help="Films at once (default: 1, or 8 with cluster=ray).")
def command(overrides: tuple[str, ...], limit: int | None) -> None:
    """Offer films on the Prefect server, and make those that are asked for: by `wanflow submit`, in the Prefect UI, by
    a schedule. Runs until it is stopped (Ctrl-C); films that are made then wait for who serves next.

    OVERRIDEs are this machine's (model.root=/weights cluster=ray); those of a film come after them. The server is that
    of PREFECT_API_URL, or this machine's own.

    \b
    Examples:
      wanflow serve
      wanflow serve cluster=ray store.address=/shared/wanflow film.outputs=/shared/films
      PREFECT_API_URL=http://host:4200/api wanflow serve --limit 2
    """
    from flows.runs.serve_films import serve_films

    serve_films(overrides, limit)

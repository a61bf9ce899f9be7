"""`wanflow ui`: the Prefect UI on past and running films."""

from __future__ import annotations

import click


@click.command("ui", short_help="Open the Prefect UI on past and running films.")
@click.option("--port", type=click.IntRange(0, 65535), default=4200, show_default=True, help="Port on this machine.")
def command(port: int) -> None:
    """Start the Prefect server on the database that renders write to, and say where to look. Ctrl-C ends it.

    \b
    Examples:
      wanflow ui
      wanflow ui --port 8080
    """
    from flows.extras import check_can_render
    from flows.runs.ui import serve_ui

    check_can_render()

    serve_ui(port, say=click.echo)

"""`wanflow submit`: have a film made on another machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.options import (
    config_dir_option,
    deadline_option,
    draft_option,
    json_option,
    overrides_argument,
    priority_option,
    review_option,
    storyboard_argument,
    with_draft,
)
from flows.cli.table_options import TableOptions, table_options

if TYPE_CHECKING:
    from flows.cli.forms.submit import SubmitDocument
    from flows.cli.sending import Checked
    from flows.runs.rest import Rest


@click.command("submit", short_help="Have a film made on a machine that serves films.")
@storyboard_argument
@overrides_argument
@table_options()
@click.option("--only", multiple=True, metavar="SHOT", help="Only this shot and what it needs; may be repeated.")
@draft_option
@review_option
@priority_option
@deadline_option
@click.option("--watch", is_flag=True, help="Wait for it, and write it here: as wanflow fetch does.")
@json_option
@config_dir_option
def command(
    storyboard: str,
    overrides: tuple[str, ...],
    rows: TableOptions,
    only: tuple[str, ...],
    draft: bool,
    review: str | None,
    priority: int | None,
    deadline: str | None,
    watch: bool,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """Check STORYBOARD (a name or a path) here, send it to the store with all that it names, and ask for its film on
    the Prefect server: where `wanflow serve` runs it is made. Returns at once.

    With --table it is a batch, a film for each row (wanflow batch): the whole table is checked here, and made as one
    run. The server is that of PREFECT_API_URL, or this machine's own. The store is one that both machines reach.

    \b
    Examples:
      wanflow submit storyboards/my_film.yaml store.address=/shared/wanflow
      wanflow submit paper_boat model=wan22 --priority 10 --deadline 18:00
      wanflow submit storyboards/my_film.yaml --draft --watch
      wanflow submit storyboards/my_film.yaml --review draft
      wanflow submit storyboards/spot.yaml --table products.csv --matrix locale=en,de --name '{{ sku }}'
    """
    from flows.cli.document import print_document
    from flows.cli.fetch import fetch, show
    from flows.cli.options import check_whole
    from flows.cli.outcome import say
    from flows.cli.sending import checked_here
    from flows.runs.submitting import reached

    if review:
        check_whole(only)
    checked = checked_here(storyboard, with_draft(overrides, draft), rows, only, config_dir)
    for remark in checked.remarks:
        say(f"warning: {remark}")
    with reached() as rest:
        document = _submitted(checked, rest, only, priority, deadline, review or "")
        if not as_json:
            _print(document, len(checked.remarks))
        if watch:
            show(fetch(rest, document["run"], checked.settings.film.outputs, quiet=as_json), as_json=as_json)
        elif as_json:
            print_document(document)


def _submitted(
    checked: Checked, rest: Rest, only: tuple[str, ...], priority: int | None, deadline: str | None, review: str
) -> SubmitDocument:
    import time

    from flows.cli.document import envelope, warnings
    from flows.runs.deadline import deadline_of
    from flows.runs.submitting import check_takes, request, submit

    by = deadline_of(deadline, time.time()) if deadline else None
    how: dict[str, Any] = {
        "overrides": checked.overrides,
        "only": only,
        "priority": priority or 0,
        "deadline": by,
        "review": review,
    }
    check_takes(rest, request(storyboard="", store="", rows=checked.rows, **how))
    cost, dear = _cost(checked)
    sent = checked.send()
    with sent.asking():
        storyboard = f"sha256:{sent.packed.digest}"
        asked = submit(rest, checked.title, storyboard=storyboard, store=sent.store, rows=sent.rows, **how)
    waits = (
        [] if asked.served else [f"no machine serves films at {rest.url} now; it waits until one does: wanflow serve"]
    )
    return {
        **envelope("submit", problems=warnings([*checked.remarks, *dear, *waits])),
        "title": checked.title,
        "films": checked.films,
        "run": asked.run,
        "run_url": asked.url,
        "storyboard": sent.packed.digest,
        "store": sent.store,
        "files": len(sent.packed.manifest.files),
        "served": asked.served,
        "cost": cost,
    }


def _cost(checked: Checked) -> tuple[dict[str, Any] | None, Sequence[str]]:
    """What rendering all of it may take, and warnings of caps; None where that cannot be told here."""
    from flows.errors import FlowsError
    from flows.fields import plain

    try:
        estimate, dear = checked.cost()
    except FlowsError:  # whoever makes the film says what is wrong
        return None, ()
    return plain(estimate), dear


def _print(document: SubmitDocument, remarks: int) -> None:
    """So many of its problems have been said."""
    from flows.cli.cost_words import in_words
    from flows.cli.outcome import say
    from flows.words import count

    click.echo(f"sent  {document['title']}: {count(document['files'], 'file')}, in {document['store']}")
    click.echo(f"run   {document['run_url']}")
    if document["cost"]:
        click.echo(f"cost  {in_words(document['cost'])}, if nothing of it is in the store")
    for problem in document["problems"][remarks:]:
        say(f"warning: {problem['message']}")
    what = "the film, and writes it" if document["films"] == 1 else "the films, and writes them"
    click.echo(f"\nNext: wanflow fetch {document['run']}    waits for {what} here")

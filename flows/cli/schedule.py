"""`wanflow schedule`: films that are made again and again, at times that Prefect keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from flows.cli.options import (
    config_dir_option,
    draft_option,
    json_option,
    overrides_argument,
    priority_option,
    review_option,
    storyboard_argument,
    with_draft,
)
from flows.cli.table_options import TableOptions, table_options
from flows.runs.due import LATE

if TYPE_CHECKING:
    from flows.runs.rest import Rest
    from flows.runs.schedules import Schedules

Change: TypeAlias = Literal["pause", "resume", "remove"]
"""What can be done to a schedule by its name: a command each, and a method of `Schedules`."""


@click.group("schedule", short_help="Have films made again and again, at times of a calendar.")
def command() -> None:
    """Films that are made at times of a calendar, on a machine that serves films (`wanflow serve`). Prefect keeps the
    schedules; they are seen in its UI too, at the deployment film.

    \b
    Examples:
      wanflow schedule add storyboards/spot.yaml --cron "0 6 * * MON" --timezone Europe/Berlin --name monday
      wanflow schedule list
      wanflow schedule run monday
      wanflow schedule pause monday
    """


@command.command("add")
@storyboard_argument
@overrides_argument
@table_options(short_name=False)
@click.option("--cron", required=True, metavar="CRON", help='When: minute hour day month weekday, "0 6 * * MON".')
@click.option("--timezone", metavar="ZONE", help="Whose time that is, like Europe/Berlin (default: this machine's).")
@click.option("--name", metavar="NAME", help="Of the schedule (default: the film's title, or the batch's name).")
@click.option(
    "--latest", is_flag=True, help="Not storyboard and table as they are now: as that machine finds them then."
)
@click.option(
    "--late", default=LATE, show_default=True, metavar="TIME", help="How late a film may begin: else it is not."
)
@click.option("--only", multiple=True, metavar="SHOT", help="Only this shot and what it needs; may be repeated.")
@review_option
@draft_option
@priority_option
@click.option("--deadline-in", metavar="TIME", help="When a film should be there, counted from its time: 3h.")
@click.option("--replace", is_flag=True, help="Put it into the place of the schedule with that name.")
@json_option
@config_dir_option
def add(
    storyboard: str,
    overrides: tuple[str, ...],
    rows: TableOptions,
    cron: str,
    timezone: str | None,
    name: str | None,
    latest: bool,
    late: str,
    only: tuple[str, ...],
    review: str | None,
    draft: bool,
    priority: int | None,
    deadline_in: str | None,
    replace: bool,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """Check STORYBOARD (a name or a path) here, send it to the store as it is now, and have its film made at the times
    of --cron; with --table, films of all its rows. With --latest nothing is sent: the machine that makes the film reads
    storyboard and table each time.

    \b
    Examples:
      wanflow schedule add storyboards/spot.yaml model=wan22 --cron "0 6 * * MON" --timezone Europe/Berlin
      wanflow schedule add storyboards/spot.yaml --cron "0 6 * * MON" --latest --late 6h --deadline-in 3h
      wanflow schedule add storyboards/spot.yaml --table products.csv --film-name '{{ sku }}' --cron "0 6 * * MON"
    """
    from flows.cli.schedule_add import Wanted, schedule_film
    from flows.cli.schedule_page import print_added

    wanted = Wanted(
        storyboard=storyboard,
        overrides=with_draft(overrides, draft),
        rows=rows,
        cron=cron,
        timezone=timezone,
        name=name,
        latest=latest,
        late=late,
        only=only,
        priority=priority or 0,
        deadline_in=deadline_in,
        replace=replace,
        review=review or "",
    )
    document = schedule_film(wanted, config_dir)
    _print(document) if as_json else print_added(document)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the schedules: which storyboard, when, the next times with their offset from UTC, how the last run ended."""
    from datetime import UTC, datetime

    from flows.cli.schedule_page import list_document, print_list

    with _schedules() as (schedules, _):
        document = list_document(schedules.all(datetime.now(UTC)), paused=schedules.paused)
    _print(document) if as_json else print_list(document)


@command.command("pause")
@click.argument("name")
@json_option
def pause(name: str, as_json: bool) -> None:
    """Begin no film of the schedule NAME; one that is made is finished."""
    _change("pause", name, as_json=as_json)


@command.command("resume")
@click.argument("name")
@json_option
def resume(name: str, as_json: bool) -> None:
    """Go on after `wanflow schedule pause`, at the next time."""
    _change("resume", name, as_json=as_json)


@command.command("remove")
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the schedule NAME. A film that is made is finished; what it has made stays."""
    _change("remove", name, as_json=as_json)


@command.command("run")
@click.argument("name")
@json_option
def run(name: str, as_json: bool) -> None:
    """Ask for the film of the schedule NAME now, beside its times."""
    from flows.cli.schedule_page import print_run, run_document

    with _schedules() as (schedules, rest):
        document = run_document(name, schedules.run_now(name), rest.url)
    _print(document) if as_json else print_run(document)


def _change(what: Change, name: str, *, as_json: bool) -> None:
    """Do it to the schedule of that name, and say so."""
    from flows.cli.schedule_page import changed_document, changed_words

    with _schedules() as (schedules, _):
        document = changed_document(what, getattr(schedules, what)(name))
    _print(document) if as_json else click.echo(changed_words(what, document["schedule"]))


@contextmanager
def _schedules() -> Iterator[tuple[Schedules, Rest]]:
    from flows.runs.schedules import Schedules
    from flows.runs.submitting import reached

    with reached() as rest:
        yield Schedules(rest), rest


def _print(document: object) -> None:
    from collections.abc import Mapping

    from flows.cli.document import print_document

    assert isinstance(document, Mapping)
    print_document(document)

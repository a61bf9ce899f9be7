"""`wanflow batch --review`: what is looked at of all films is rendered, and people decide; then the films."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flows.batch.asked import Asked
    from flows.batch.make import BatchResult, Instead
    from flows.batch.plan import BatchPlan
    from flows.batch.reviewing import ReviewedBatch
    from flows.batch.showing import ShownBatch
    from flows.cli.render import Said
    from flows.review.model import Kind

MOST_NAMED = 12
"""Looks that are named on the terminal; the sheet has them all."""


def approved_batch(asked: Asked, kind: Kind, said: Said) -> BatchPlan:
    """The plan of the films that people want, when every look is decided. Until then it renders what is looked at, asks
    where a person sits at the terminal, and else ends the command with 3; with 1 where a look could not be rendered.

    Raises FlowsError when nobody has decided in time and no film is left; and as `plan_batch` and `make_batch`.
    """
    from flows.batch.reviewing import films_to_make, prepare_batch
    from flows.cli.planning import counting_prompts
    from flows.cli.render_review import WAITS, take_late
    from flows.review.prepare import Wish, after_time_out

    while True:
        with counting_prompts() as tell:
            wish = Wish(kind=kind, name="")
            reviewed = prepare_batch(asked, wish, datetime.now(UTC), tell)
            late = after_time_out(reviewed, datetime.now(UTC))
            if late is not None:
                take_late(late, reviewed.sheet, reviewed.store)
                continue
            if not reviewed.open:
                return films_to_make(reviewed, datetime.now(UTC), tell)
        if not _decided_here(reviewed, _shown(reviewed, said), said):
            sys.exit(WAITS)


def _shown(reviewed: ReviewedBatch, said: Said) -> ShownBatch:
    """Rendered, and said."""
    from flows.batch.make import BatchResult
    from flows.batch.showing import show_batch
    from flows.cli.render import shown_path, termination_as_interrupt

    if said != "words":
        return _for_programs(reviewed, events=said == "events")
    with termination_as_interrupt():
        shown = show_batch(reviewed, _with_progress)
    if isinstance(shown, BatchResult):
        raise _failed(shown)
    looking = "stills" if reviewed.sheet.kind == "stills" else "drafts"
    click.echo(f"\n{reviewed.sheet.title}: {looking} to look at")
    click.echo(f"sheet     {shown_path(shown.page)}")
    return shown


def _for_programs(reviewed: ReviewedBatch, *, events: bool) -> ShownBatch:
    from flows.batch.make import BatchResult
    from flows.batch.showing import show_batch
    from flows.cli.batch_documents import document_of
    from flows.cli.batch_events import printer, warner
    from flows.cli.document import print_document
    from flows.cli.render import termination_as_interrupt
    from flows.cli.render_review import WAITS
    from flows.cli.streams import stdout_alone
    from flows.review.make import waiting_event
    from flows.runs.batch import run_batch

    plan = reviewed.looks or reviewed.plan
    with termination_as_interrupt(), stdout_alone() as stdout:
        tell = printer(plan, stdout) if events else warner(plan)

        def render(plan: BatchPlan, *, instead: Instead) -> BatchResult:
            return run_batch(plan, on_event=tell, instead=instead)

        shown = show_batch(reviewed, render)
        if not isinstance(shown, BatchResult):
            url = shown.result.run_url if shown.result else ""
            tell(waiting_event(shown.sheet, shown.page, reviewed.open, url))
    result = shown if isinstance(shown, BatchResult) else shown.result
    if result is not None:
        waits = () if isinstance(shown, BatchResult) else reviewed.open
        print_document(document_of(plan, result, waits, WAITS if waits else 1), line=events)
    if isinstance(shown, BatchResult):
        raise click.exceptions.Exit(1)
    return shown


def _failed(result: BatchResult) -> click.exceptions.Exit:
    """Nobody is asked about half a sheet."""
    from flows.cli.batch_words import closing_lines

    for line in closing_lines(result):
        click.echo(line)
    return click.exceptions.Exit(1)


def _decided_here(reviewed: ReviewedBatch, shown: ShownBatch, said: Said) -> bool:
    """Whether a person at the terminal has decided something. Who has not is told what to do next."""
    from flows.cli.render_review import take_here
    from flows.storyboard.problems import listed

    if said != "words":
        return False
    sheet = shown.sheet
    if take_here(sheet, reviewed.entries, reviewed.store):
        return True
    click.echo(f"to decide {listed(reviewed.open, MOST_NAMED)}")
    shared = [question for question in sheet.questions if len(question.films) > 1]
    if shared:
        click.echo(
            f"shared    {len(shared)} of {len(sheet.questions)} looks, decided once for all films that have them"
        )
    if sheet.until:
        click.echo(f"until     {sheet.until:%Y-%m-%d %H:%M} UTC, then: {sheet.on_timeout}")
    click.echo(
        f"\nNext: wanflow review {sheet.name}    asks for each look\n      the same command    goes on from there"
    )
    return False


def _with_progress(plan: BatchPlan, *, instead: Instead) -> BatchResult:
    from rich.console import Console

    from flows.cli.batch_progress import BatchProgress
    from flows.cli.batch_words import plan_lines
    from flows.runs.batch import run_batch

    console = Console(highlight=False)
    for line in plan_lines(plan):
        console.print(line, soft_wrap=not console.is_terminal, markup=False)
    with BatchProgress(plan, console) as progress:
        return run_batch(plan, on_event=progress.on_event, instead=instead)

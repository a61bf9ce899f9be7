"""`wanflow batch --review`: what is looked at of all films is rendered, and people decide; then the films."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flows.batch.asked import Asked
    from flows.batch.make import BatchResult, Instead
    from flows.batch.plan import BatchPlan
    from flows.batch.reviewing import ReviewedBatch
    from flows.batch.showing import ShownBatch
    from flows.cli.forms.batch import BatchDocument
    from flows.cli.render import Said
    from flows.review.model import Kind


def approved_batch(asked: Asked, kind: Kind, said: Said) -> BatchPlan:
    """The plan of the films that people want, when every look is decided. Ends the command with 1 where a look could
    not be rendered. Raises as `until_decided`, `plan_batch` and `make_batch`."""
    from flows.batch.reviewing import films_to_make, prepare_batch
    from flows.cli.review_rounds import until_decided
    from flows.review.prepare import Wish

    return until_decided(
        lambda tell: prepare_batch(asked, Wish(kind=kind, name=""), datetime.now(UTC), tell),
        lambda reviewed, tell: films_to_make(reviewed, datetime.now(UTC), tell),
        partial(_shown, said=said),
        said,
        "the same command",
    )


def _shown(reviewed: ReviewedBatch, said: Said) -> ShownBatch:
    """Rendered; for programs said, too."""
    from flows.batch.make import BatchResult
    from flows.batch.showing import show_batch
    from flows.cli.render import termination_as_interrupt

    if said != "words":
        return _for_programs(reviewed, events=said == "events")
    then = _then_lines(reviewed)
    if reviewed.looks is None:
        _say(then)
    with termination_as_interrupt():
        shown = show_batch(reviewed, partial(_with_progress, then=then))
    if isinstance(shown, BatchResult):
        raise _failed(shown)
    return shown


def _for_programs(reviewed: ReviewedBatch, *, events: bool) -> ShownBatch:
    from flows.batch.make import BatchResult
    from flows.batch.showing import show_batch
    from flows.cli.batch_documents import document_of
    from flows.cli.batch_events import printer, warner
    from flows.cli.document import print_document
    from flows.cli.render import termination_as_interrupt
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
    if isinstance(shown, BatchResult):
        print_document(document_of(plan, shown, code=1), line=events)
        raise click.exceptions.Exit(1)
    print_document(_document(reviewed, shown), line=events)
    return shown


def _document(reviewed: ReviewedBatch, shown: ShownBatch) -> BatchDocument:
    """What waits; also where every shot shows the picture that it is given, and nothing was rendered."""
    from flows.cli.batch_documents import document_of
    from flows.cli.document import envelope
    from flows.cli.review_rounds import WAITS

    if reviewed.looks is not None and shown.result is not None:
        return document_of(reviewed.looks, shown.result, reviewed.open, WAITS)
    return {
        **envelope("batch", WAITS),
        "batch": reviewed.plan.called,
        "folder": str(shown.page.parent),
        "manifest": None,
        "parquet": None,
        "gallery": str(shown.page),
        "films": [],
        "waiting": list(reviewed.open),
        "rendered": 0,
        "seconds": 0.0,
        "run_url": "",
        "warnings": list(reviewed.plan.warnings),
    }


def _failed(result: BatchResult) -> click.exceptions.Exit:
    """Nobody is asked about half a sheet."""
    from flows.cli.batch_words import closing_lines

    _say(closing_lines(result))
    return click.exceptions.Exit(1)


def _then_lines(reviewed: ReviewedBatch) -> list[str]:
    """What the films may cost, as they are decided now."""
    from flows.batch.reviewing import final_batch
    from flows.cli.cost_words import cost_lines
    from flows.cli.planning import counting_prompts

    with counting_prompts() as tell:
        final = final_batch(reviewed, tell)
    return cost_lines(final.cost, final.settings, "batch", label="Then the films")


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(line)


def _with_progress(plan: BatchPlan, *, instead: Instead, then: Sequence[str]) -> BatchResult:
    from rich.console import Console

    from flows.cli.batch_progress import BatchProgress
    from flows.cli.batch_words import plan_lines
    from flows.runs.batch import run_batch

    console = Console(highlight=False)
    for line in [*plan_lines(plan), *then]:
        console.print(line, soft_wrap=not console.is_terminal, markup=False)
    with BatchProgress(plan, console) as progress:
        return run_batch(plan, on_event=progress.on_event, instead=instead)

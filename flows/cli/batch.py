"""`wanflow batch`: one film for each row of a table."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.options import (
    config_dir_option,
    deadline_option,
    draft_option,
    events_option,
    json_option,
    overrides_argument,
    priority_option,
    review_option,
    storyboard_argument,
    with_draft,
    with_order,
)
from flows.cli.table_options import TableOptions, table_options

if TYPE_CHECKING:
    from flows.batch.asked import Asked
    from flows.batch.make import BatchResult
    from flows.batch.plan import BatchPlan
    from flows.cli.render import Answer, Said
    from flows.review.model import Kind


@click.command("batch", short_help="Make one film for each row of a table.")
@storyboard_argument
@overrides_argument
@table_options(required=True)
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be done, and render nothing.")
@click.option("--no-weights", is_flag=True, help="With --plan: ask for no checkpoints, LoRAs and GPUs.")
@draft_option
@review_option
@priority_option
@deadline_option
@json_option
@events_option
@config_dir_option
def command(
    storyboard: str,
    overrides: tuple[str, ...],
    rows: TableOptions,
    only_plan: bool,
    no_weights: bool,
    draft: bool,
    review: Kind | None,
    priority: int | None,
    deadline: str | None,
    as_json: bool,
    as_events: bool,
    config_dir: Path | None,
) -> None:
    """Make a film of STORYBOARD (a name or a path) for each row of a table, into outputs/BATCH/FILM/film.mp4.

    All rows are checked first, and nothing is rendered while one of them is wrong. Clips that several films share are
    rendered once; the same command goes on where it was stopped, and makes what has changed.

    \b
    Examples:
      wanflow batch storyboards/spot.yaml --table products.csv --plan
      wanflow batch storyboards/spot.yaml --table products.csv --matrix locale=en,de aspect=16:9,9:16
      wanflow batch storyboards/spot.yaml --table products.csv --review draft
      wanflow batch storyboards/spot.yaml --table products.xlsx --name '{{ sku }}' --skip-bad render=draft
    """
    if no_weights and not only_plan:
        raise click.UsageError("--no-weights: what is planned so cannot be rendered; add --plan")
    asked = rows.asked(storyboard, with_draft(with_order(overrides, priority, deadline), draft), config_dir)
    if only_plan and review:
        raise click.UsageError(
            "--plan and --review exclude each other: what is looked at is planned when it is rendered"
        )
    if only_plan:
        plan = planned(asked, weights=not no_weights)
        show_plan(plan, BATCH, as_json=as_json, weights=not no_weights)
    else:
        make(planner_of(asked, review, _said(as_json, as_events)), BATCH, as_json=as_json, as_events=as_events)


def _said(as_json: bool, as_events: bool) -> Said:
    return "events" if as_events else "document" if as_json else "words"


def planner_of(asked: Asked, review: Kind | None, said: Said) -> Callable[[], BatchPlan]:
    """What plans the batch; with `review` people decide first (`flows.cli.batch_review`)."""
    if review is None:
        return lambda: planned(asked)
    from flows.cli.batch_review import approved_batch

    return lambda: approved_batch(asked, review, said)


def planned(asked: Asked, *, weights: bool = True) -> BatchPlan:
    """With a line on stderr that counts prompts while they are extended."""
    from flows.api import plan_batch
    from flows.cli.planning import counting_prompts

    with counting_prompts() as tell:
        return plan_batch(asked, on_prompt=tell, weights=weights)


@dataclass(frozen=True, slots=True)
class Telling:
    """How a batch, or what is one, is told of: `module:function` for each."""

    plan_lines: str
    closing_lines: str
    plan_document: str
    document: str

    def call(self, name: str, *given: object) -> Any:
        """The function of that field, imported now."""
        module, _, function = getattr(self, name).partition(":")
        return getattr(importlib.import_module(module), function)(*given)


BATCH = Telling(
    "flows.cli.batch_words:plan_lines",
    "flows.cli.batch_words:closing_lines",
    "flows.cli.batch_documents:plan_document",
    "flows.cli.batch_documents:document_of",
)


def show_plan(plan: BatchPlan, telling: Telling, *, as_json: bool, weights: bool = True) -> None:
    """What would be done; without weights it is not known what of it is in the store."""
    if as_json:
        from flows.cli.document import print_document

        print_document({**telling.call("plan_document", plan), **({} if weights else {"weights": False})})
    else:
        for line in telling.call("plan_lines", plan):
            click.echo(line)
        if not weights:
            click.echo("Planned without weights: what of it is in the store already is not known.")


def make(planner: Callable[[], BatchPlan], telling: Telling, *, as_json: bool, as_events: bool) -> None:
    """Plan, make, and say how it went. Ends with 1 if a film is not made."""
    from flows.cli.document import print_document
    from flows.cli.render import termination_as_interrupt
    from flows.extras import check_can_render

    check_can_render()
    plan = planner()
    with termination_as_interrupt() as answer:
        programs = as_json or as_events
        result = _for_programs(plan, as_events) if programs else _with_progress(plan, telling, answer)
    if programs:
        print_document(telling.call("document", plan, result), line=as_events)
    if not result.complete:
        raise click.exceptions.Exit(1)


def _for_programs(plan: BatchPlan, events: bool) -> BatchResult:
    from flows.api import render_batch
    from flows.cli.batch_events import printer, warner
    from flows.cli.streams import stdout_alone

    with stdout_alone() as stdout:
        return render_batch(plan, on_event=printer(plan, stdout) if events else warner(plan))


def _with_progress(plan: BatchPlan, telling: Telling, answer: Answer) -> BatchResult:
    from rich.console import Console

    from flows.api import render_batch
    from flows.cli.batch_progress import BatchProgress

    console = Console(highlight=False)
    for line in telling.call("plan_lines", plan):
        console.print(line, soft_wrap=not console.is_terminal, markup=False)
    with BatchProgress(plan, console) as progress:
        if console.is_terminal:
            answer.tell = progress.tell
        result = render_batch(plan, on_event=progress.on_event)
    for line in telling.call("closing_lines", result):
        console.print(line, soft_wrap=True, markup=False)
    return result

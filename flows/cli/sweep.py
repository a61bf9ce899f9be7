"""`wanflow sweep`: one storyboard with other values in each film, side by side on one sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.batch import Telling, make, show_plan
from flows.cli.options import (
    config_dir_option,
    deadline_option,
    draft_option,
    events_option,
    json_option,
    overrides_argument,
    priority_option,
    storyboard_argument,
    with_draft,
    with_order,
)

if TYPE_CHECKING:
    from flows.batch.plan import BatchPlan
    from flows.batch.sweep import Sweep

MOST = 200
SWEEP = Telling(
    "flows.cli.sweep_words:plan_lines",
    "flows.cli.sweep_words:closing_lines",
    "flows.cli.sweep_documents:plan_document",
    "flows.cli.sweep_documents:document_of",
)


@click.command("sweep", short_help="Make a film for each value, and compare them.")
@storyboard_argument
@overrides_argument
@click.option("--as", "called", metavar="NAME", help="What the sweep is called (default: storyboard and what differs).")
@click.option("--max-films", type=click.IntRange(1, 10_000), default=MOST, show_default=True, help="More are refused.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be done, and render nothing.")
@draft_option
@priority_option
@deadline_option
@json_option
@events_option
@config_dir_option
def command(
    storyboard: str,
    overrides: tuple[str, ...],
    called: str | None,
    max_films: int,
    only_plan: bool,
    draft: bool,
    priority: int | None,
    deadline: str | None,
    as_json: bool,
    as_events: bool,
    config_dir: Path | None,
) -> None:
    """Make a film of STORYBOARD (a name or a path) for each choice of the values that OVERRIDEs have several of, into
    outputs/SWEEP/FILM/film.mp4, and a contact sheet of all of them, outputs/SWEEP/index.html.

    All films are planned together and rendered by one pool; clips that several have are rendered once. A text with a
    comma stands in quotes. The same command goes on where it was stopped, and makes what has changed.

    \b
    Examples:
      wanflow sweep paper_boat storyboard.seed=1,2,3 --plan
      wanflow sweep paper_boat storyboard.seed=1,2,3 storyboard.scenes.0.shots.1.sampling.guidance_scale=3,4
      wanflow sweep storyboards/spot.yaml storyboard.variables.locale=en,de
    """
    from flows.batch.sweep import Sweep
    from flows.config import combinations

    texts = with_draft(with_order(overrides, priority, deadline), draft)
    if any(text.startswith("storyboard=") for text in texts):
        raise click.UsageError(f"the storyboard is named already: {storyboard}")
    sweep = Sweep(
        films=combinations(texts, config_dir),
        storyboard=storyboard,
        called=called,
        most=max_films,
        config_dir=config_dir,
    )
    if only_plan:
        show_plan(planned(sweep), SWEEP, as_json=as_json)
    else:
        make_all(sweep, as_json=as_json, as_events=as_events)


def make_all(sweep: Sweep, *, as_json: bool, as_events: bool) -> None:
    """Plan, make, and say how it went. Ends with 1 if a film is not made."""
    make(lambda: planned(sweep), SWEEP, as_json=as_json, as_events=as_events)


def planned(sweep: Sweep) -> BatchPlan:
    """With a line on stderr that counts prompts while they are extended."""
    from flows.api import plan_sweep
    from flows.cli.planning import counting_prompts

    with counting_prompts() as tell:
        return plan_sweep(sweep, on_prompt=tell)

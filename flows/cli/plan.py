"""`wanflow plan`: what would be rendered, and why."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import (
    config_dir_option,
    draft_option,
    json_option,
    overrides_argument,
    storyboard_argument,
    with_draft,
    without_draft,
)

if TYPE_CHECKING:
    from flows.cli.forms.plan import PlanDocument
    from flows.planning import Plan


@click.command("plan", short_help="Show what would be rendered, and why.")
@storyboard_argument
@overrides_argument
@draft_option
@click.option(
    "--no-weights", is_flag=True, help="Ask for no checkpoints, LoRAs and GPUs, as of models that are not here yet."
)
@json_option
@config_dir_option
def command(
    storyboard: str,
    overrides: tuple[str, ...],
    draft: bool,
    no_weights: bool,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """Show what rendering STORYBOARD (a name or a path) would do; nothing is rendered.

    \b
    Examples:
      wanflow plan paper_boat
      wanflow plan storyboards/my_film.yaml storyboard.seed=3 render=draft
      wanflow plan storyboards/my_film.yaml --json
      wanflow plan paper_boat model=wan22 --no-weights
    """
    from flows.api import load
    from flows.cli.planning import plan_with_progress

    project = load(storyboard, with_draft(overrides, draft), config_dir=config_dir)
    made = plan_with_progress(project, weights=not no_weights)
    if as_json:
        _print_json(made, weights=not no_weights)
        return
    from flows.cli.plan_table import print_plan

    print_plan(made)
    if no_weights:
        click.echo("\nPlanned without weights: what of it is in the store already is not known.")
        return
    click.echo(f"\nRender it: wanflow render {shlex.join([storyboard, *without_draft(with_draft(overrides, draft))])}")


def _print_json(made: Plan, *, weights: bool) -> None:
    from flows.cli.document import envelope, print_document, warnings
    from flows.cost import estimate_cost
    from flows.fields import plain
    from flows.planning.to_json import plan_to_json

    document: PlanDocument = {
        **envelope("plan", problems=warnings(made.warnings)),
        **plan_to_json(made),
        "cost": plain(estimate_cost(made)),
        "weights": weights,
    }
    print_document(document)

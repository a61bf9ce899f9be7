"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

storyboard_argument = click.argument("storyboard")
overrides_argument = click.argument("overrides", nargs=-1, metavar="[OVERRIDE]...")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
events_option = click.option(
    "--events",
    "as_events",
    is_flag=True,
    help="Print a JSON object a line as things happen; the last is that of --json.",
)
draft_option = click.option(
    "--draft",
    is_flag=True,
    help="A quick look in the film's place, half the steps, one take: render=draft (film.subfolder=draft: beside it).",
)
review_option = click.option(
    "--review",
    type=click.Choice(["stills", "draft"]),
    help="First a still, or a short draft, of each shot: people decide which go on (wanflow review).",
)
priority_option = click.option(
    "--priority",
    type=click.IntRange(-1000, 1000),
    metavar="N",
    help="Of films that wait the greater goes first, 0 by itself: cluster.priority=N.",
)
deadline_option = click.option(
    "--deadline", metavar="WHEN", help="When it should be there, 18:00 or 2026-12-24T18:00: cluster.deadline=WHEN."
)
root_option = click.option(
    "--root",
    type=click.Path(path_type=Path),
    help="The folder of models, as in model.root= (default: WANFLOW_MODELS, or wanflow/models under XDG_DATA_HOME).",
)
config_dir_option = click.option(
    "--config-dir",
    type=click.Path(path_type=Path),
    help="A folder of configuration groups that come before the shipped ones (default: ./conf, if it is one).",
)


DRAFT = ("render=draft",)
"""What `--draft` stands for. It takes the film's place; the store has the takes of the film, and brings it back."""


def with_draft(overrides: tuple[str, ...], draft: bool) -> tuple[str, ...]:
    """The overrides, with `--draft` first, so that any of them wins over it."""
    return (*DRAFT, *overrides) if draft else overrides


def with_order(overrides: tuple[str, ...], priority: int | None, deadline: str | None) -> tuple[str, ...]:
    """The overrides, with what `--priority` and `--deadline` stand for first."""
    asked = [] if priority is None else [f"cluster.priority={priority}"]
    asked += [] if deadline is None else [f"cluster.deadline='{deadline}'"]
    return (*asked, *overrides)


def without_draft(overrides: Sequence[str]) -> list[str]:
    """The same as a person types them: `--draft` for what it stands for."""
    return ["--draft", *overrides[len(DRAFT) :]] if tuple(overrides[: len(DRAFT)]) == DRAFT else [*overrides]


def check_whole(only: Sequence[str]) -> None:
    """Raises UserError: a review is of whole films."""
    from flows.errors import UserError

    if only:
        raise UserError("--only and --review exclude each other: a review is of the whole film")

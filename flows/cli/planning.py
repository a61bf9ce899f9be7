"""Planning as a person sees it: silent, but for the minutes that a model needs to extend prompts."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.api import Project
    from flows.planning.model import Plan


def plan_with_progress(project: Project, *, weights: bool = True) -> Plan:
    """`flows.planning`, with a line on stderr that counts prompts while they are asked for, if it is a terminal."""
    from flows.api import plan

    if project.settings.prompts.extend == "off":
        return plan(project, weights=weights)
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with ExitStack() as ending:
        status = console.status("")

        def show(done: int, of: int) -> None:
            if done == 0 and console.is_terminal:
                ending.enter_context(status)
            status.update(f"extending prompts: {done:,} of {of:,}")

        return plan(project, on_prompt=show, weights=weights)

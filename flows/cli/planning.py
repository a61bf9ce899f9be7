"""Planning as a person sees it: silent, but for the minutes that a model needs to extend prompts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status

    from flows.api import Project
    from flows.planning.model import Plan
    from flows.resolve import OnPrompt


def plan_with_progress(project: Project, *, weights: bool = True) -> Plan:
    """`flows.planning`, with a line on stderr that counts prompts while they are asked for, if it is a terminal."""
    from flows.api import plan

    with counting_prompts() as tell:
        return plan(project, on_prompt=tell, weights=weights)


@contextmanager
def counting_prompts() -> Iterator[OnPrompt]:
    """What hears how many prompts of how many are done, and shows it once there is one."""
    with ExitStack() as ending:
        shown: list[Status] = []

        def show(done: int, of: int) -> None:
            if not shown:
                from rich.console import Console

                console = Console(stderr=True, highlight=False)
                shown.append(console.status(""))
                if console.is_terminal:
                    ending.enter_context(shown[0])
            shown[0].update(f"extending prompts: {done:,} of {of:,}")

        yield show

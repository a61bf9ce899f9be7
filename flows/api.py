"""Films from Python: `load` a storyboard, `plan` it, `render` it. The `wanflow` command is a thin shell over this.

from flows import load, plan, render

project = load("storyboards/paper_boat.yaml", ["render=draft", "storyboard.seed=3"])
print(plan(project).totals)
film = render(plan(project), on_event=print)
print(film.path)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flows.errors import UserError
from flows.extras import check_can_render
from flows.planning import Plan
from flows.project import Project, load, plan, store_of

if TYPE_CHECKING:
    from flows.events import Event
    from flows.film import FilmResult

__all__ = ["Project", "load", "plan", "render", "store_of"]


def render(plan: Plan, *, on_event: Callable[[Event], None] | None = None, only: Sequence[str] = ()) -> FilmResult:
    """Renders what is new and edits the film into `outputs/<slug>/`.

    `on_event` hears what happens, in this thread. `only` names shots (`scene.shot`): they and what they go on from are
    rendered; the film is made too if the store has the others. A plan made after this says what changed since. What
    could not be written beside a finished film (its history, to a store that is only read) is among its `warnings`.
    Raises UserError and EnvironmentProblem before anything is started, RenderError (what could be rendered is kept),
    EditError, Stopped.
    """
    check_can_render()
    from flows.runs import run_film

    if not all(clip.spec.checkpoint for clip in plan.clips):
        raise UserError("this plan was made without weights, and cannot be rendered; plan again, with them")
    return run_film(plan, on_event=on_event, only=only)

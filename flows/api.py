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
    from flows.batch.asked import Asked
    from flows.batch.events import BatchEvent
    from flows.batch.make import BatchResult
    from flows.batch.plan import BatchPlan
    from flows.batch.sweep import Sweep
    from flows.events import Event
    from flows.film import FilmResult
    from flows.resolve import OnPrompt

__all__ = ["Project", "load", "plan", "plan_batch", "plan_sweep", "render", "render_batch", "store_of"]


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


def plan_batch(asked: Asked, *, on_prompt: OnPrompt | None = None, weights: bool = True) -> BatchPlan:
    """One film for each row of a table (`flows.batch.asked.Asked`), all of them planned. Renders nothing.

    Raises TableError with everything that is wrong with the table and the films of its rows; else as `load` and `plan`.
    """
    from flows.batch.plan import plan_batch

    return plan_batch(asked, on_prompt=on_prompt, weights=weights)


def plan_sweep(sweep: Sweep, *, on_prompt: OnPrompt | None = None, weights: bool = True) -> BatchPlan:
    """One film for each list of overrides (`flows.batch.sweep.Sweep`), all of them planned: `render_batch` makes them,
    and the sheet that shows them side by side. Renders nothing; raises as `load` and `plan`."""
    from flows.batch.sweep import plan_sweep

    return plan_sweep(sweep, on_prompt=on_prompt, weights=weights)


def render_batch(plan: BatchPlan, *, on_event: Callable[[BatchEvent], None] | None = None) -> BatchResult:
    """Makes what is missing of the films into `outputs/<batch>/<film>/`; a clip that several of them have is rendered
    once. Films that cannot be made are among the result's entries, with the reason.

    `on_event` hears what happens, in this thread. Raises UserError and EnvironmentProblem before anything is started,
    Stopped.
    """
    check_can_render()
    from flows.runs.batch import run_batch

    if not all(clip.spec.checkpoint for clip in plan.clips):
        raise UserError("this plan was made without weights, and cannot be rendered; plan again, with them")
    return run_batch(plan, on_event=on_event)

"""wanflow: from a storyboard to a finished film.

    from flows import load, plan, render

    film = render(plan(load("storyboards/paper_boat.yaml")))

`load` gives a `Project`, `plan` a `Plan`, `render` a `FilmResult`; errors are in `flows.errors`. Names are imported
when they are first used, so that the command starts quickly.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.api import Project, load, plan, plan_batch, plan_sweep, render, render_batch
    from flows.batch.asked import Asked
    from flows.batch.sweep import Sweep
    from flows.film import FilmResult
    from flows.planning import Plan
    from flows.settings import Settings
    from flows.storyboard.model import Storyboard

__all__ = [
    "Asked",
    "FilmResult",
    "Plan",
    "Project",
    "Settings",
    "Storyboard",
    "Sweep",
    "load",
    "plan",
    "plan_batch",
    "plan_sweep",
    "render",
    "render_batch",
]

_HOMES = {
    "Asked": "flows.batch.asked",
    "FilmResult": "flows.film",
    "Plan": "flows.planning",
    "Project": "flows.api",
    "Settings": "flows.settings",
    "Storyboard": "flows.storyboard.model",
    "Sweep": "flows.batch.sweep",
    "load": "flows.api",
    "plan": "flows.api",
    "plan_batch": "flows.api",
    "plan_sweep": "flows.api",
    "render": "flows.api",
    "render_batch": "flows.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'flows' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

"""A film whose run Prefect shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flows.events import Event
from flows.film.make import make_film
from flows.film.result import FilmResult
from flows.notify.telling import notifying
from flows.planning.model import Plan
from flows.runs.reporter import Reporter

if TYPE_CHECKING:
    from flows.cluster import RendererSpec
    from flows.film.making import Making


def run_film(
    plan: Plan,
    *,
    on_event: Callable[[Event], None] | None = None,
    only: Sequence[str] = (),
    renderer: RendererSpec | None = None,
    instead: Callable[[Making], None] | None = None,
) -> FilmResult:
    """`make_film`, reported to Prefect: one flow run a film, one task run a take; and told to people (`flows.notify`).

    Raises what it raises, and, before anything is rendered, EnvironmentProblem when the Prefect server that a person
    names cannot be used, and UserError when an address to tell people at is none.
    """
    observer = notifying(Reporter(), plan.settings.notify)
    return make_film(plan, on_event=on_event, only=only, renderer=renderer, observer=observer, instead=instead)

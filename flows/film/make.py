"""`make_film`: check, start what takes long, render, edit, and put everything away again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from flows.edit import check_ffmpeg
from flows.events import Event, Log
from flows.film.folder import check_space, claimed
from flows.film.making import Making
from flows.film.observed import make_observed
from flows.film.observer import Observer, Run, Unobserved
from flows.film.result import FilmResult
from flows.film.spending import guard_of
from flows.film.survey import (
    check_soundtrack,
    chosen_shots,
    clips_of,
    put_assets,
    survey,
    with_needed,
    without_idle,
)
from flows.planning.model import Clip, Plan, PlannedShot
from flows.store import open_store

if TYPE_CHECKING:
    from flows.cluster import Pool, RendererSpec


def make_film(
    plan: Plan,
    *,
    on_event: Callable[[Event], None] | None = None,
    only: Sequence[str] = (),
    renderer: RendererSpec | None = None,
    observer: Observer | None = None,
    instead: Callable[[Making], None] | None = None,
) -> FilmResult:
    """Render what is not in the store and edit the film into `outputs/<slug>/`.

    `on_event` hears what happens, in this thread. `only` names shots: they and what they start from are rendered, and
    written to `shots/<scene.shot>.mp4`; the film is made too if the other shots are in the store. `renderer` replaces
    the one that the settings ask for; its clips are filed under the plan's fingerprints, so give it a store of its own.
    `observer` is told of everything, and cannot keep the film from being made. `instead` makes something else of what
    is rendered than a film.
    Raises UserError before anything is started, EnvironmentProblem, RenderError (what could be rendered is kept),
    EditError, Stopped.
    """
    began = time.monotonic()
    asked = chosen_shots(plan, only)
    check_ffmpeg(plan)
    _check_cluster(plan)
    tell = on_event or _ignore
    with ExitStack() as cleanup:
        folder = cleanup.enter_context(claimed(plan, lambda text: tell(Log("", logging.WARNING, text))))
        observer = observer or Unobserved()
        cleanup.callback(observer.close)
        observer.start()
        making = _begun(plan, asked, folder, renderer, tell, began, cleanup)
        making.instead = instead
        making.tell_found()
        run = make_observed(making, observer)
    return _result(making, run)


def _begun(
    plan: Plan,
    asked: Sequence[PlannedShot],
    folder: Path,
    renderer: RendererSpec | None,
    on_event: Callable[[Event], None],
    began: float,
    cleanup: ExitStack,
) -> Making:
    """What is missing is known, its inputs are in the store, and a pool is starting if there is something to render."""
    shots = with_needed(plan, asked) if asked else plan.shots
    store = open_store(plan.settings.store.address)
    store.check()
    surveyed = without_idle(survey(store, clips_of(plan, shots)), [plan])
    check_space(folder, store.folder, surveyed.missing, here=plan.settings.cluster.address is None)
    if surveyed.missing:
        store.check(writing=True)
        check_soundtrack(plan)

    def pool(clips: Sequence[Clip]) -> Pool:
        return cleanup.enter_context(_pool(plan, clips, store.address, renderer))

    making = Making(
        plan=plan,
        shots=shots,
        asked=asked,
        store=store,
        folder=folder,
        survey=surveyed,
        pool=None,
        open_pool=pool,
        on_event=on_event,
        began=began,
    )
    making.guard = guard_of(making, surveyed.missing)
    cleanup.callback(making.settle)
    put_assets(store, plan.assets, surveyed.missing)
    if surveyed.missing:
        making.pool = pool(surveyed.missing)
    return making


def _result(making: Making, run: Run) -> FilmResult:
    shown = making.watches.shown
    rendered = sum(watch.take.fingerprint in making.rendered for watch in shown)
    return FilmResult(
        path=making.film,
        clips=making.clips,
        report=making.report,
        plan_path=making.plan_path,
        rendered=rendered,
        cached=len(shown) - rendered,
        seconds=time.monotonic() - making.began,
        flow_run_id=run.id,
        run_url=run.url,
        delivered=making.delivered,
        captions=making.captions,
        warnings=tuple(making.warnings),
        spent=making.spent,
        continuity=making.continuity,
    )


def _check_cluster(plan: Plan) -> None:
    from flows.cluster import check_listening

    check_listening(plan.settings.cluster.address)


def _pool(plan: Plan, clips: Sequence[Clip], store: str, renderer: RendererSpec | None) -> Pool:
    """Starting in the background, and told what to render at once."""
    from flows.cluster import open_pool, wan_renderer

    spec = renderer or wan_renderer(plan.settings)
    pool = open_pool(plan.settings.cluster, spec, store, title=plan.title)
    pool.submit(clips)
    return pool


def _ignore(event: Event) -> None:
    pass

"""`make_film`: check, start what takes long, render, edit, and put everything away again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from flows.edit.process import find_ffmpeg
from flows.errors import Stopped
from flows.events import Event
from flows.film.folder import check_space, claimed
from flows.film.making import Making
from flows.film.observer import Observer, Run, Unobserved
from flows.film.record import write_history
from flows.film.result import FilmResult
from flows.film.survey import check_soundtrack, chosen_shots, clips_of, put_assets, survey, with_needed
from flows.planning.model import Clip, Plan
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
) -> FilmResult:
    """Render what is not in the store and edit the film into `outputs/<slug>/`.

    `on_event` hears what happens, in this thread. `only` names shots: they and what they start from are rendered, and
    written to `shots/<scene.shot>.mp4`; the film is made too if the other shots are in the store. `renderer` replaces
    the one that the settings ask for; its clips are filed under the plan's fingerprints, so give it a store of its own.
    `observer` is told of everything, and cannot keep the film from being made.
    Raises UserError before anything is started, EnvironmentProblem, RenderError (what could be rendered is kept),
    EditError, Stopped.
    """
    start = time.monotonic()
    asked = chosen_shots(plan, only)
    shots = with_needed(plan, asked) if only else plan.shots
    find_ffmpeg(plan.settings.film)
    _check_cluster(plan)
    store = open_store(plan.settings.store.address)
    with ExitStack() as cleanup:
        folder = cleanup.enter_context(claimed(plan))
        observer = observer or Unobserved()
        cleanup.callback(observer.close)
        observer.start()
        found = survey(store, clips_of(plan, shots))
        check_space(folder, store.folder, found.missing, here=plan.settings.cluster.address is None)
        if found.missing:
            check_soundtrack(plan)
        put_assets(store, plan, found.missing)
        pool = cleanup.enter_context(_pool(plan, found.missing, store.address, renderer)) if found.missing else None
        making = Making(
            plan=plan,
            shots=shots,
            asked=asked,
            store=store,
            folder=folder,
            survey=found,
            pool=pool,
            on_event=on_event or _ignore,
            began=start,
        )
        making.tell_found()
        run = _observed(making, observer)
    return FilmResult(
        path=making.film,
        clips=making.clips,
        report=making.report,
        plan_path=making.plan_path,
        rendered=sum(watch.take.fingerprint in making.rendered for watch in making.watches.takes),
        cached=sum(watch.take.fingerprint not in making.rendered for watch in making.watches.takes),
        seconds=time.monotonic() - start,
        flow_run_id=run.id,
        run_url=run.url,
        delivered=making.delivered,
        captions=making.captions,
        warnings=tuple(making.warnings),
    )


def _check_cluster(plan: Plan) -> None:
    from flows.cluster import check_listening

    check_listening(plan.settings.cluster.address)


def _pool(plan: Plan, clips: Sequence[Clip], store: str, renderer: RendererSpec | None) -> Pool:
    """Starting in the background, and told what to render at once."""
    from flows.cluster import open_pool, wan_renderer

    spec = renderer or wan_renderer(plan.settings)
    pool = open_pool(plan.settings.cluster, spec, store, most=len(clips))
    pool.submit(clips)
    return pool


def _observed(making: Making, observer: Observer) -> Run:
    """Make it, and whatever became of it tell the observer, and the ledger."""
    observer.begin(making)
    try:
        _make(making, observer)
    except BaseException as failure:
        error = Stopped("stopped; finished takes are kept") if isinstance(failure, KeyboardInterrupt) else failure
        making.stop()
        _end(making, observer, error)
        if error is failure:
            raise
        raise error from failure
    return _end(making, observer, None)


def _end(making: Making, observer: Observer, error: BaseException | None) -> Run:
    """Whoever is stopped while the observer is told, or fails to tell it, has a history all the same."""
    try:
        observer.end(making, error)
    finally:
        run = _record(making, observer, patient=not isinstance(error, Stopped))
        _finish(making, observer)
    return run


def _record(making: Making, observer: Observer, *, patient: bool) -> Run:
    """The history names the run; whoever is stopped while waiting for that is in it all the same."""
    try:
        return observer.run(patient=patient)
    finally:
        if warning := write_history(making, observer.run(patient=False).id):
            making.warn(warning)


def _make(making: Making, observer: Observer) -> None:
    """Raises RenderError when takes failed, EditError, Stopped."""
    for event in making.events():
        observer.tell(event)
        _pass_on(making, observer)
    making.check_rendered()
    making.edit()


def _finish(making: Making, observer: Observer) -> None:
    observer.close()
    _pass_on(making, observer)


def _pass_on(making: Making, observer: Observer) -> None:
    """Nobody watches any more: said once, and no more than that."""
    if observer.trouble is not None:
        making.warn(observer.trouble)


def _ignore(event: Event) -> None:
    pass

"""`make_film`: check, start what takes long, run the film's flow, and put everything away again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

# Prefect imports it when the flow begins, Ray in the pool's thread: both at once break the import.
import pydantic.v1  # noqa: F401

from flows.edit.process import find_ffmpeg
from flows.events import Event, Progress
from flows.film.folder import check_space, claimed
from flows.film.making import Making
from flows.film.motions import prepare_motions
from flows.film.record import write_ledger
from flows.film.result import FilmResult
from flows.film.server import connect
from flows.film.survey import chosen_shots, clips_of, put_assets, survey, with_needed
from flows.plan.model import Clip, Plan
from flows.store import open_store

if TYPE_CHECKING:
    from flows.cluster import Pool, RendererSpec


def make_film(
    plan: Plan,
    *,
    on_event: Callable[[Event], None] | None = None,
    only: Sequence[str] = (),
    renderer: RendererSpec | None = None,
) -> FilmResult:
    """Render what is not in the store, edit the film into `outputs/<slug>/`, and report all of it to Prefect.

    `on_event` hears what happens, in this thread. `only` names shots: they and what they start from are rendered, and
    written to `shots/<scene.shot>.mp4`; the film is made too if the other shots are in the store. `renderer` replaces
    the one that the settings ask for; its clips are filed under the plan's fingerprints, so give it a store of its own.
    Raises UserError before anything is started, EnvironmentProblem, RenderError (what could be rendered is kept),
    EditError, Stopped.
    """
    start = time.monotonic()
    asked = chosen_shots(plan, only)
    shots = with_needed(plan, asked) if only else plan.shots
    find_ffmpeg(plan.settings.film)
    store = open_store(str(plan.settings.store.path) if plan.settings.store.path else None)
    with ExitStack() as cleanup:
        folder = cleanup.enter_context(claimed(plan))
        server = connect()
        if server.client is not None:
            cleanup.callback(server.client.close)
        found = survey(store, clips_of(plan, shots))
        check_space(folder, store.address, found.missing)
        put_assets(store, plan, found.missing)
        prepare_motions(plan, store, found.missing, on_event or _ignore)
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
        making.on_event(Progress("", "prefect", 0, 1))
        server.wait(meanwhile=making.listen)
        making.on_event(Progress("", "prefect", 1, 1))
        flow_run_id = _run(making, server.api)
    return FilmResult(
        path=making.film,
        clips=making.clips,
        report=making.report,
        plan_path=making.plan_path,
        rendered=sum(watch.take.fingerprint in making.rendered for watch in making.watches.takes),
        cached=sum(watch.take.fingerprint not in making.rendered for watch in making.watches.takes),
        seconds=time.monotonic() - start,
        flow_run_id=flow_run_id,
        run_url=f"{server.url}/runs/flow-run/{flow_run_id}",
        delivered=making.delivered,
    )


def _pool(plan: Plan, clips: Sequence[Clip], store: str, renderer: RendererSpec | None) -> Pool:
    """Starting in the background, and told what to render at once."""
    from flows.cluster import open_pool, wan_renderer

    spec = renderer or wan_renderer(plan.settings)
    pool = open_pool(plan.settings.cluster, spec, store, most=len(clips))
    pool.submit(clips)
    return pool


def _run(making: Making, api: str) -> str:
    """The flow, and whatever became of it the ledger. Returns the flow run's id."""
    from flows.film.flow import run_flow

    outcome = run_flow(making, api)
    write_ledger(making, outcome.flow_run_id)
    if outcome.error is not None:
        raise outcome.error
    return outcome.flow_run_id


def _ignore(event: Event) -> None:
    pass

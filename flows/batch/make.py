"""`make_batch`: what is there is kept, what is missing rendered by one pool, films edited as their clips come."""

from __future__ import annotations

import logging
import queue
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from flows.batch.editing import Editors
from flows.batch.entries import entries_of
from flows.batch.events import BatchEvent
from flows.batch.film import BatchFilm, begun
from flows.batch.guarding import clips_of, film_caps, film_guard, guard_of
from flows.batch.listening import Listening
from flows.batch.making import BatchMaking
from flows.batch.manifest import Entry, read_manifest
from flows.batch.observed import make_observed
from flows.batch.observer import BatchObserver, Unwatched
from flows.batch.plan import BatchPlan, PlannedFilm
from flows.batch.record import Recorder
from flows.cost import Meter
from flows.cost.estimate import share
from flows.cost.guard import Guard
from flows.edit import check_ffmpeg
from flows.errors import UserError
from flows.events import Log
from flows.film.folder import check_space, claimed_for, owner_of
from flows.film.healing import Healing
from flows.film.making import Making, Waiting
from flows.film.survey import Survey, check_soundtrack, put_assets, survey, without_idle
from flows.planning import Clip
from flows.store import Store, open_store
from wan.system.host import cores
from wan.system.locks import hold

if TYPE_CHECKING:
    from flows.cluster import Pool, RendererSpec

LOCK = ".batch.lock"
WINDOW = 512
"""Clips that are with a cluster's pool at once: more than its workers can have in hand."""
PER_CORE = 8
"""Clips for each core where this machine renders alone."""


class Instead(Protocol):
    """What is made of what is rendered, in the place of films: something that people look at."""

    def film(self, making: Making) -> None:
        """Of one film; called by several threads."""

    def batch(self, making: BatchMaking) -> Waiting:
        """Of all of them, when nothing lacks; returns what people are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What became of a batch: its `entries` in the order of the rows, its files, how long it took. `rendered` counts
    clips. `sheet`: of a sweep the contact sheet as a picture; `gallery` is then its page. `warnings` say what else did
    not go well."""

    folder: Path
    entries: tuple[Entry, ...]
    manifest: Path
    parquet: Path
    gallery: Path
    rendered: int
    seconds: float
    run_url: str = ""
    sheet: Path | None = None
    warnings: tuple[str, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Whether every row has its film, but for those that people have rejected."""
        return all(entry.settled for entry in self.entries)


def make_batch(
    plan: BatchPlan,
    *,
    on_event: Callable[[BatchEvent], None] | None = None,
    renderer: RendererSpec | None = None,
    observer: BatchObserver | None = None,
    instead: Instead | None = None,
) -> BatchResult:
    """Make every film that is not there as it would be made, and the manifest and page that show all of them.

    `on_event` hears what happens, in this thread; `renderer` as in `flows.film.make_film`; `instead` makes something
    else than films. Films that cannot be made
    are among the result's entries, and keep no other from being made.
    Raises UserError before anything is started, EnvironmentProblem, Stopped (the manifest says how far it came).
    """
    began = time.monotonic()
    check_ffmpeg(*(planned.plan for planned in plan.films))
    _check_cluster(plan)
    with ExitStack() as held:
        held.enter_context(_folder(plan))
        entries, todo = entries_of(plan)
        watcher = observer if observer is not None and (todo or observer.watches_idle) else Unwatched()
        held.callback(watcher.close)
        watcher.start()
        making = _begun(plan, entries, todo, renderer, on_event or _ignore, instead, held)
        recorder = Recorder(plan, making.entries)
        run = make_observed(making, watcher, recorder, instead)
    return BatchResult(
        folder=plan.folder,
        entries=tuple(making.entries),
        manifest=recorder.json,
        parquet=recorder.parquet,
        gallery=recorder.gallery,
        sheet=recorder.sheet,
        rendered=len(making.rendered),
        seconds=time.monotonic() - began,
        run_url=run.url,
        warnings=tuple(making.warnings),
    )


@contextmanager
def _folder(plan: BatchPlan) -> Iterator[None]:
    """The batch's folder, for this command alone. Raises UserError."""
    with (
        claimed_for(plan.owner, plan.folder, plan.outputs, check=lambda: _check_ours(plan)),
        ExitStack() as held,
    ):
        lock = hold(plan.folder / LOCK)
        if lock is None:
            raise UserError(f"{plan.folder} is being made by another command; wait for it, or end it")
        held.callback(lambda: (plan.folder / LOCK).unlink(missing_ok=True))
        held.enter_context(lock)
        yield


def _check_ours(plan: BatchPlan) -> None:
    """Raises UserError where another batch, or sweep, lies in the folder."""
    earlier, ours = read_manifest(plan.folder), plan.whose
    if earlier is not None and (owner_of(earlier.storyboard), owner_of(earlier.table)) != ours:
        what = (
            f"a batch of {earlier.storyboard} with {earlier.table}"
            if earlier.table
            else f"a sweep of {earlier.storyboard}"
        )
        raise UserError(f"{plan.folder} is {what}\n    call this one something else: --as NAME")


def _begun(
    plan: BatchPlan,
    entries: list[Entry],
    todo: Sequence[tuple[PlannedFilm, Entry]],
    renderer: RendererSpec | None,
    on_event: Callable[[BatchEvent], None],
    instead: Instead | None,
    held: ExitStack,
) -> BatchMaking:
    """What is there is known, inputs are in the store, and a pool is starting if there is something to render."""
    store = open_store(plan.settings.store.address)
    store.check()
    wanted = [planned for planned, _ in todo]
    clips = clips_of(wanted)
    surveyed = without_idle(survey(store, clips), [planned.plan for planned in wanted])
    missing = surveyed.missing
    check_space(plan.folder, store.folder, missing, here=plan.settings.cluster.address is None)
    if missing:
        store.check(writing=True)
    for planned, _ in todo:
        check_soundtrack(planned.plan)
    meter = Meter(share(plan.settings, plan.cost.gpus), surveyed.damaged)
    warnings: list[str] = []

    def guarded(clips: Sequence[Clip]) -> Guard | None:
        guard = guard_of(plan, wanted, clips, store, meter)
        if guard is not None:
            held.callback(_settle, guard, warnings, on_event)
        return guard

    guard = guarded(missing)
    assets = {digest: path for each, _ in todo for digest, path in each.plan.assets.items()}
    put_assets(store, assets, missing)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def listen() -> Listening:
        listening = Listening(held.enter_context(_pool(plan, store.address, renderer)), inbox)
        held.callback(listening.stop)
        return listening

    listening = listen() if missing else None
    editors = Editors(plan.settings, inbox)
    held.callback(editors.stop)
    local = plan.settings.cluster.address is None
    return BatchMaking(
        plan=plan,
        entries=entries,
        films=list(_films(plan, todo, store, surveyed, renderer, instead.film if instead else None)),
        survey=surveyed,
        healing=Healing(store, clips, assets),
        inbox=inbox,
        listening=listening,
        listen=listen,
        editors=editors,
        on_event=on_event,
        meter=meter,
        guard=guard,
        warnings=warnings,
        open_guard=guarded,
        window=PER_CORE * cores() if local else WINDOW,
    )


def _settle(guard: Guard, warnings: list[str], on_event: Callable[[BatchEvent], None]) -> None:
    """Also of a batch that came to nothing; what went wrong is among its warnings."""
    if (trouble := guard.settle()) is not None:
        warnings.append(trouble)
        on_event(Log("", logging.WARNING, trouble))


def _films(
    plan: BatchPlan,
    todo: Sequence[tuple[PlannedFilm, Entry]],
    store: Store,
    surveyed: Survey,
    renderer: RendererSpec | None,
    instead: Callable[[Making], None] | None,
) -> Iterator[BatchFilm]:
    missing = {clip.fingerprint for clip in surveyed.missing}
    led: set[str] = set()
    caps = film_caps(plan, [planned for planned, _ in todo], store)
    wanted = Counter(clip.fingerprint for planned, _ in todo for clip in planned.plan.clips)
    for planned, entry in todo:
        clips = planned.plan.clips
        names = {clip.fingerprint for clip in clips}
        own = Survey(
            found={name: surveyed.found[name] for name in names if name in surveyed.found},
            missing=tuple(clip for clip in clips if clip.fingerprint in missing),
            damaged=surveyed.damaged & names,
        )
        leads = frozenset(name for name in names & missing if name not in led)
        led |= leads
        film = begun(planned, entry, store, own, leads, wanted, renderer or _renderer(plan, planned), instead)
        if (cap := caps.get(planned.name)) is not None:
            paid = [clip for clip in own.missing if clip.fingerprint in leads]
            film.making.guard = film_guard(planned, cap, paid, film.making.meter)
        yield film


def _renderer(plan: BatchPlan, planned: PlannedFilm) -> RendererSpec | None:
    """Of a film that is made with other settings than the first; None: the pool's own."""
    from flows.cluster import wan_renderer

    settings = planned.plan.settings
    return None if settings == plan.settings else wan_renderer(settings)


def _check_cluster(plan: BatchPlan) -> None:
    from flows.cluster import check_listening

    check_listening(plan.settings.cluster.address)


def _pool(plan: BatchPlan, store: str, renderer: RendererSpec | None) -> Pool:
    """Starting in the background."""
    from flows.cluster import open_pool, wan_renderer

    return open_pool(plan.settings.cluster, renderer or wan_renderer(plan.settings), store, title=plan.called)


def _ignore(event: BatchEvent) -> None:
    pass

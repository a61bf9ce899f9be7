"""One film of a batch in the making: its entry in the manifest, and what `flows.film` knows of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flows.batch.manifest import Entry
from flows.batch.plan import PlannedFilm
from flows.edit.timeline import chosen_take
from flows.events import Event, Finished, Started
from flows.film.making import Making
from flows.film.survey import Survey
from flows.planning import Clip, PlannedShot
from flows.store import Store, open_store
from wan.system.files import write_whole

if TYPE_CHECKING:
    from flows.cluster import RendererSpec

POSTER = "poster.jpg"


@dataclass(slots=True, eq=False)
class BatchFilm:
    """`leads` are the clips that are rendered on its account: it is the first of the films that want them. `shown` is
    the shot that its poster is of: one that as few others as possible have. `renderer`: of its clips; None: the pool's
    own."""

    planned: PlannedFilm
    entry: Entry
    making: Making
    leads: frozenset[str]
    shown: PlannedShot
    renderer: RendererSpec | None = None
    stopped: str = ""
    """Why no further clip is begun on its account: its cap is reached."""
    over: bool = False
    """Whether nothing more becomes of it."""

    @property
    def name(self) -> str:
        return self.planned.name

    @property
    def can_pay(self) -> bool:
        """Whether one more clip can be rendered on its account."""
        return not self.over and not self.stopped and (self.making.guard is None or not self.making.guard.stopped)

    def renders(self, clip: Clip) -> bool:
        """Whether a worker has it, on this film's account."""
        return clip.fingerprint in self.making.meter.running

    def pass_on(self, clip: Clip, heir: BatchFilm) -> None:
        """It is rendered on account of another one."""
        self.leads -= {clip.fingerprint}
        heir.leads |= {clip.fingerprint}
        if heir.making.guard is not None:
            heir.making.guard.again([clip])

    def note(self, event: Event) -> None:
        """Of a clip that it wants. What is rendered for another film is to this one as if it had been in the store."""
        if isinstance(event, Started) and event.fingerprint not in self.leads:
            event = replace(event, film=event.film or "another of the batch")
        if isinstance(event, Finished) and event.fingerprint not in self.leads:
            event = replace(event, cached=True)
        self.making.note(event)

    @property
    def open(self) -> bool:
        """Whether clips of it are still to come."""
        return any(watch.open for watch in self.making.watches.takes)

    @property
    def failures(self) -> str:
        """Why it cannot be made; empty if it can."""
        problems = self.making.watches.problems
        return "; ".join(f"{problem.shot}: {problem.message}" for problem in problems)

    def edit(self) -> None:
        """Make its files. Raises EditError, StoreError, MediaError, EnvironmentProblem, Cancelled."""
        shared = self.making.store
        self.making.store = open_store(shared.address)  # its own: of a bucket, what it holds may go when it is done
        try:
            self._edit()
        finally:
            self.making.store.release()
            self.making.store = shared

    def _edit(self) -> None:
        began = time.monotonic()
        self.making.folder.mkdir(parents=True, exist_ok=True)
        self.making.edit()
        film = self.making.film
        if self.making.instead is not None:
            self.entry.poster = self._relative(self._poster())
            self.entry.seconds = self._rendering_seconds() + time.monotonic() - began
            return
        assert film is not None, "all its clips are there"
        entry = self.entry
        entry.film, entry.film_bytes = self._relative(film), film.stat().st_size
        entry.captions = self._relative(self.making.captions)
        entry.delivered = [str(self._relative(made.path)) for made in self.making.delivered]
        entry.report = self._relative(self.making.report)
        entry.poster = self._relative(self._poster())
        entry.seconds = self._rendering_seconds() + time.monotonic() - began

    def settle(self) -> None:
        """What of its clips was rendered, and what was there."""
        self.entry.rendered = len(self.making.rendered)
        self.entry.reused = len(self.making.records) - self.entry.rendered
        spent = self.making.spent
        self.entry.gpu_seconds = spent.used_seconds
        self.entry.failed_seconds, self.entry.repeated_seconds = spent.failed_seconds, spent.repeated_seconds
        self.entry.cost = spent.cost
        self.entry.currency = spent.currency

    def _rendering_seconds(self) -> float:
        records = self.making.records.values()
        return sum(sum(record.seconds.values()) for record in records if record.fingerprint in self.making.rendered)

    def _poster(self) -> Path:
        take = chosen_take(self.shown, self.making.records)
        picture = self.making.store.read(self.making.records[take.clips[0].fingerprint].thumbnail)
        path = self.making.folder / POSTER
        write_whole(path, lambda file: file.write(picture))
        return path

    def _relative(self, path: Path | None) -> str | None:
        return None if path is None else path.relative_to(self.planned.plan.settings.film.outputs).as_posix()


def begun(
    planned: PlannedFilm,
    entry: Entry,
    store: Store,
    survey: Survey,
    leads: frozenset[str],
    wanted: Mapping[str, int],
    renderer: RendererSpec | None = None,
    instead: Callable[[Making], None] | None = None,
) -> BatchFilm:
    """A film of which the store has what the survey says. `wanted`: how many films have each clip. `instead` as in
    `Making`."""
    from flows.film.folder import film_folder

    plan = planned.plan
    making = Making(
        plan=plan,
        shots=plan.shots,
        asked=(),
        store=store,
        folder=film_folder(plan),
        survey=survey,
        pool=None,
        on_event=_nobody,
        instead=instead,
    )
    shown = min(plan.shots, key=lambda shot: wanted[shot.takes[0].clips[0].fingerprint])
    return BatchFilm(planned, entry, making, leads, shown, renderer)


def _nobody(event: Event) -> None:
    """A batch tells of its films itself."""

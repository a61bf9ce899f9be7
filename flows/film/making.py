"""One film in the making: what is found, what is rendered, and the files that come of it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flows.cost import Meter, Prices
from flows.cost.guard import Guard
from flows.cost.spent import Spent, meter_of, spent_of
from flows.edit import captions_beside, edit_film, make_timeline
from flows.edit.deliverables import target
from flows.errors import CapReached, RenderError, StoreError
from flows.events import MOTION, Event, Failed, Finished, Log, Progress
from flows.film.folder import FILM, MISSING, PLAN, REPORT, SHOTS
from flows.film.healing import Healing
from flows.film.measuring import measured_beside
from flows.film.result import Delivered
from flows.film.spending import guard_of
from flows.film.survey import Survey, clips_of, survey
from flows.film.watch import Watches
from flows.planning import plan_to_json
from flows.planning.model import Clip, Plan, PlannedShot
from flows.report import contact_sheet, write_missing, write_report
from flows.seams import Continuity, told
from flows.shots.keyframes import SUFFIX
from flows.store import ClipRecord, Store
from flows.store.layout import with_named_blobs
from wan.system.files import write_atomically

if TYPE_CHECKING:
    from flows.cluster import Pool

UNDER_WAY = (MOTION, "encode", "denoise", "decode")
"""Stages of a clip that are work on it; what comes before is the start of workers and the loading of weights."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A film that is not made: what was rendered of it waits for people. In words, and as a page in Markdown."""

    message: str
    markdown: str


@dataclass(slots=True, kw_only=True)
class Making:
    """`shots` are those that must be rendered, `asked` those that were named (empty: the whole film).

    `records` grows while clips finish; `pool` is None when nothing is missing. `warnings` were said on the way.
    `open_pool` starts one for clips that are found damaged later; `healed` are those, and what was said of each.
    `instead` makes something else of what is rendered than a film; `waiting` is what people are then asked.
    `continuity` is what was measured of the film, once it is made.
    `start_seconds` pass from `began` (of `time.monotonic`) until a clip, or the edit, is under way.
    """

    plan: Plan
    shots: Sequence[PlannedShot]
    asked: Sequence[PlannedShot]
    store: Store
    folder: Path
    survey: Survey
    pool: Pool | None
    on_event: Callable[[Event], None]
    open_pool: Callable[[Sequence[Clip]], Pool] | None = None
    healing: Healing = field(init=False)
    healed: dict[str, str] = field(init=False)
    watches: Watches = field(init=False)
    records: dict[str, ClipRecord] = field(init=False)
    rendered: set[str] = field(default_factory=set)
    failures: dict[str, Failed] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _edited_frames: int = 0
    film: Path | None = None
    report: Path | None = None
    clips: tuple[Path, ...] = ()
    delivered: tuple[Delivered, ...] = ()
    captions: Path | None = None
    continuity: Continuity = field(default_factory=Continuity)
    began: float = field(default_factory=time.monotonic)
    start_seconds: float | None = None
    edit_seconds: float | None = None
    meter: Meter = field(init=False)
    guard: Guard | None = None
    instead: Callable[[Making], None] | None = None
    waiting: Waiting | None = None

    def __post_init__(self) -> None:
        watched = (*self.stills, *self.shots)
        self.watches = Watches(watched, {clip.fingerprint for clip in self.survey.missing})
        self.records = dict(self.survey.found)
        self.meter = meter_of(self.plan, self.survey.damaged)
        self.healed = {name: _again(self.watches.name_of(name)) for name in self.survey.damaged}
        self.healing = Healing(self.store, self.plan.clips, self.plan.assets)

    @property
    def stills(self) -> tuple[PlannedShot, ...]:
        """The keyframes of the shots, as shots of one frame, but for those that are lost and that nobody needs."""
        there = self.survey.found.keys() | {clip.fingerprint for clip in self.survey.missing}
        return tuple(still for still in self.plan.stills_of(self.shots) if still.takes[0].fingerprint in there)

    def tell_found(self) -> None:
        """Let `on_event` hear what is in the store already."""
        for fingerprint, record in self.survey.found.items():
            self.on_event(Finished(fingerprint, record, cached=True))

    def events(self) -> Iterator[Event]:
        """What happens until everything is rendered that can be. `on_event` has heard it before. A clip that was lost
        since what it starts from is damaged is rendered again with that, once."""
        for event in self.pool.events() if self.pool is not None and not self._stopping else ():
            again = self.healing.after(event) if isinstance(event, Failed) and not self._stopping else ()
            for noted in self._rendered_again(event, again) if again else (self._noted(event),):
                yield noted
                yield from self._guarded(noted)
            if self._stopping and self._held():
                return

    def _guarded(self, noted: Event) -> Iterator[Event]:
        """What is told of caps."""
        for low in self.guard.note(noted) if self.guard is not None else ():
            self.on_event(low)
            yield low
            yield self.warn(low.message)

    @property
    def _stopping(self) -> bool:
        """A cap is reached."""
        return self.guard is not None and bool(self.guard.stopped)

    def _held(self) -> bool:
        """No further clip is begun; whether none is under way any more."""
        assert self.pool is not None, "somebody has rendered"
        self.pool.hold()
        return not self.meter.running

    def heal(self) -> tuple[Event, ...]:
        """After the film could not be cut since clips were lost or altered in the store: they are rendered again, which
        `events` tells, if caps allow it. Returns what is said of that; nothing, if that was not why, or it was tried
        before. Raises StoreError, MediaError, UserError for a film that would pass a cap."""
        stale = self.healing.stale(self.records)
        again = self.healing.again(stale.missing)
        if len(again) < len(stale.missing) or not (again or stale.found):
            return ()
        self.records |= stale.found
        elsewhere = (
            f"{self.watches.name_of(name)}: its clip was rendered again by another film" for name in stale.found
        )
        said = tuple(self.warn(text) for text in (*map(self.reopen, again), *elsewhere))
        if again and self._allowed(again):
            self._submit(again)
        return said

    def _allowed(self, clips: Sequence[Clip]) -> bool:
        """Whether these may be rendered again: they count before they are begun. Where nothing was missing there was
        no guard; there is one from now on, if a cap is set. Raises UserError for what would pass one."""
        if self.guard is None:
            self.guard = guard_of(self, clips)
        else:
            self.guard.again(clips)
        return not self._stopping

    def _submit(self, clips: Sequence[Clip]) -> None:
        if self.pool is None:
            assert self.open_pool is not None, "whoever cuts a film can render what is missing"
            self.pool = self.open_pool(clips)
        else:
            self.pool.submit(clips)

    def reopen(self, clip: Clip) -> str:
        """Its record was withdrawn: it is to be rendered once more. Returns what is said of that."""
        self.healed[clip.fingerprint] = _again(self.watches.name_of(clip.fingerprint))
        self.records.pop(clip.fingerprint, None)
        self.meter.again(clip.fingerprint)
        self.watches.reopen(clip.fingerprint)
        return self.healed[clip.fingerprint]

    def _rendered_again(self, event: Event, clips: Sequence[Clip]) -> Iterator[Event]:
        """The clip that failed last of them, after what it starts from: no failure is final yet. Where a cap does not
        allow it, they wait for ever."""
        assert isinstance(event, Failed)
        for clip in clips[:-1]:
            yield self.warn(self.reopen(clip))
        if event.because_of is None:
            yield self._noted(replace(event, final=False))
        if self._allowed(clips):
            self._submit(clips)

    def warn(self, message: str) -> Log:
        """Said once to the person: what went wrong beside the film. Returns what was said."""
        said = Log("", logging.WARNING, message)
        if message not in self.warnings:
            self.warnings.append(message)
            self.on_event(said)
        return said

    def _noted(self, event: Event) -> Event:
        noted = self.note(event)
        self.on_event(noted)
        return noted

    def note(self, event: Event) -> Event:
        """Take what follows from it; returns it in the person's words."""
        self.meter.note(event, time.monotonic())
        if isinstance(event, Progress) and event.stage in UNDER_WAY:
            self._under_way()
        if isinstance(event, Finished):
            self.records[event.fingerprint] = event.record
            if not event.cached:
                self.rendered.add(event.fingerprint)
        elif isinstance(event, Failed | Log):
            event = replace(event, message=with_named_blobs(event.message, self.plan.assets))
        if isinstance(event, Failed) and event.final:
            if event.because_of is not None:
                needed = self.watches.name_of(event.because_of)
                how = "needs" if needed.endswith(SUFFIX) else "starts from"
                message = f"not rendered: it {how} {needed}, which failed"
                event = replace(event, message=message)
            self.failures[event.fingerprint] = event
        self.watches.note(event)
        return event

    @property
    def fraction(self) -> float:
        """How much of what was missing is there now, 0 to 1; what was lost on the way is missing, too."""
        missing = {clip.fingerprint for clip in self.survey.missing} | self.healed.keys()
        return 1.0 if not missing else len(missing & self.records.keys()) / len(missing)

    def stop(self) -> None:
        """End the rendering; what is finished stays, and counts though nobody heard of it yet."""
        if self.pool is not None:
            self.pool.cancel()
            for event in self.pool.pending():
                self.note(event)
        self.meter.stop(time.monotonic())

    @property
    def spent(self) -> Spent:
        """What was used of GPUs so far, by attempts that have ended."""
        return spent_of(self.meter.used.values(), Prices.of(self.plan.settings.cost))

    def settle(self) -> None:
        """What was used is in the ledger, if it could be written; nothing is reserved any more."""
        if self.guard is not None and (trouble := self.guard.settle()):
            self.warn(trouble)

    def check_rendered(self) -> None:
        """Raises RenderError that names every take that could not be rendered, and why; a page shows what is there and
        what is not, until there is nothing missing."""
        failed = self.watches.problems
        if self.guard is not None and self.guard.stopped:
            failed = (*failed, *self.watches.not_begun("not rendered: a cap is reached"))
        page = self.folder / MISSING
        if not failed:
            page.unlink(missing_ok=True)
            return
        try:
            write_missing(self.plan, self.records, failed, self.store, page)
        except (StoreError, OSError) as error:
            self.warn(f"{page} could not be written: {error}")
        takes = "take was" if len(failed) == 1 else "takes were"
        if self.guard is not None and self.guard.stopped:
            said = f"{self.guard.stopped}\n    the same command with a higher one goes on from there"
            raise CapReached(f"{said}; {len(failed)} {takes} not rendered (the others are kept; see {page})")
        raise RenderError(f"{len(failed)} {takes} not rendered (the others are kept; see {page})", failed)

    @property
    def plan_path(self) -> Path:
        return self.folder / PLAN

    def _under_way(self) -> None:
        if self.start_seconds is None:
            self.start_seconds = time.monotonic() - self.began

    def edit(self) -> None:
        """Make the files (`_edit`), and note how long that took; of what was made before, nothing is noted."""
        if not self.survey.missing:
            self._under_way()
        start, worked = time.monotonic(), self._edited_frames
        self._edit()
        if self._edited_frames > worked:
            self.edit_seconds = time.monotonic() - start

    def _edit(self) -> None:
        """Write `plan.json`, the clips of the shots that were asked for, and film and report if every shot is there."""
        write_atomically(self.plan_path, json.dumps(plan_to_json(self.plan), indent=1, ensure_ascii=False))
        if self.instead is not None:
            self.instead(self)
            return
        self.clips = tuple(self.edit_shot(shot) for shot in self.asked)
        records = self._all_records()
        if records is None:
            return
        self.store.bring(digest for record in records.values() for digest in (record.video, record.thumbnail))
        timeline = make_timeline(self.plan, records, self.store)
        with measured_beside(self.plan, records, timeline, self.store) as measured:
            self.film = edit_film(timeline, self.folder / FILM, self.plan.settings.film, on_progress=self._edited)
            self.continuity = measured()
        self.captions = beside if (beside := captions_beside(self.film)).exists() else None
        made = [target(timeline, item, self.folder) for item in timeline.deliver]
        self.delivered = tuple(
            Delivered(path=file.path, width=file.width, height=file.height, seconds=float(timeline.seconds))
            for file in made
        )
        report = self.folder / REPORT
        self.report = write_report(self.plan, records, timeline, self.store, report, self.spent, self.continuity)
        for text in told(self.continuity.seams) if self.plan.storyboard.continuity.warns else ():
            self.warn(text)

    def _edited(self, frames: int, of: int) -> None:
        self._edited_frames = frames
        self.on_event(Progress("", "edit", frames, of))

    def contact_sheet(self) -> bytes:
        """A PNG of what there is."""
        return contact_sheet(self.plan, self.records, self.store)

    def edit_shot(self, shot: PlannedShot) -> Path:
        """A file of the shot alone."""
        path = self.folder / SHOTS / f"{shot.id}.mp4"
        path.parent.mkdir(exist_ok=True)
        timeline = make_timeline(self.plan.alone(shot), self.records, self.store)
        return edit_film(timeline, path, self.plan.settings.film)

    def _all_records(self) -> Mapping[str, ClipRecord] | None:
        """Records of the whole film, or None when shots that were not asked for are not there."""
        asked = {shot.id for shot in self.shots}
        rest: tuple[Clip, ...] = clips_of(self.plan, [shot for shot in self.plan.shots if shot.id not in asked])
        others = survey(self.store, [clip for clip in rest if clip.fingerprint not in self.records])
        return None if others.missing else {**self.records, **others.found}


def _again(name: str) -> str:
    return f"{name}: its clip in the store was lost or damaged, and is rendered again"

"""A batch in the making: which films there are, which clips they wait for, and what became of each.

One pool renders all of them. Films are given to it in the order of the rows, so many at a time that its workers are
busy: so the first are finished, and edited, while the last have not been begun.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flows.batch.clips import AskedClips
from flows.batch.editing import Edited, Editors
from flows.batch.events import BatchEvent, FilmNews
from flows.batch.film import BatchFilm
from flows.batch.listening import Heard, Listening, Over
from flows.batch.manifest import Entry, State
from flows.batch.plan import BatchPlan
from flows.cost import Meter, Prices
from flows.cost.guard import Guard
from flows.cost.spent import Spent, spent_of
from flows.errors import EditError, FlowsError, StoreError, UserError
from flows.events import BudgetLow, Event, Failed, Finished, Log
from flows.film.healing import Healing
from flows.film.making import Waiting
from flows.film.survey import Survey
from flows.planning.model import Clip

LOOK_SECONDS = 0.1
"""How long is waited for news at once, so that Ctrl-C is seen."""


def _unlimited(clips: Sequence[Clip]) -> None:
    """There is no cap."""


@dataclass(slots=True, kw_only=True)
class BatchMaking:
    """`films` are those to be made, `entries` all of the manifest; `inbox` is what the pool and the editors say.
    `listen` starts a pool, and `open_guard` looks at caps, where nothing was missing at first. Of the clips of films
    that were begun at most `window` are with the pool."""

    plan: BatchPlan
    entries: list[Entry]
    films: list[BatchFilm]
    survey: Survey
    healing: Healing
    inbox: queue.SimpleQueue[Heard | Edited]
    listening: Listening | None
    listen: Callable[[], Listening]
    editors: Editors
    on_event: Callable[[BatchEvent], None]
    window: int
    meter: Meter
    guard: Guard | None = None
    open_guard: Callable[[Sequence[Clip]], Guard | None] = _unlimited
    warnings: list[str] = field(default_factory=list)
    rendered: set[str] = field(default_factory=set)
    waiting: Waiting | None = None
    """What people are asked, where films were rendered to be looked at."""
    _clips: AskedClips = field(default_factory=AskedClips)
    _next: int = 0
    _left: int = 0

    def __post_init__(self) -> None:
        self._left = len(self.films)

    def events(self) -> Iterator[BatchEvent]:
        """What happens until every film is made that can be. Raises what the pool ends with."""
        yield from self._begin_more()
        while self._left and not self._capped:
            try:
                heard = self.inbox.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            match heard:
                case Over(error=error):
                    raise error
                case Edited(film=film, error=EditError() | StoreError() as trouble):
                    said = self._healed(film)
                    yield from said or [self._ended(film, trouble)]
                case Edited(film=film, error=trouble):
                    yield self._ended(film, trouble)
                case _:
                    yield from self._note(heard)
            yield from self._begin_more()
        if self._left:
            yield from self._give_up()

    @property
    def _capped(self) -> bool:
        """A cap is reached, and nothing is rendered or edited any more."""
        return self._stopping and not self.meter.running and not self.editors.waiting and self.inbox.empty()

    @property
    def _stopping(self) -> bool:
        return self.guard is not None and bool(self.guard.stopped)

    def _give_up(self) -> Iterator[BatchEvent]:
        """The films that are not made, since a cap is reached."""
        assert self.guard is not None, "somebody has stopped it"
        self.stop()
        yield from self._say(self.guard.stopped)
        for film in self.films:
            if film.entry.state in ("waiting", "stopped") and film.entry.error is None:
                yield self._over(film, "stopped", self.guard.stopped)

    def _say(self, text: str) -> Iterator[BatchEvent]:
        if (said := self.warn(text)) is not None:
            self.on_event(said)
            yield said

    def stop(self) -> None:
        """End rendering and editing; what is finished stays, and counts though nobody heard of it yet."""
        self.editors.stop()
        if self.listening is not None:
            self.listening.stop()
        while True:
            try:
                heard = self.inbox.get_nowait()
            except queue.Empty:
                break
            if isinstance(heard, Edited):
                self._ended(heard.film, heard.error)
            elif not isinstance(heard, Over):
                self.meter.note(heard, time.monotonic())
                for film in self._clips.wanting(heard.fingerprint):
                    film.note(heard)
        self.meter.stop(time.monotonic())
        for film in self.films:
            film.making.meter.stop(time.monotonic())
            if film.entry.state == "making":
                film.settle()
                film.entry.state = "stopped"

    def warn(self, message: str) -> Log | None:
        """Remember it, once; what is to be told of it."""
        if message in self.warnings:
            return None
        self.warnings.append(message)
        return Log("", 30, message)

    def name_of(self, fingerprint: str) -> str:
        """The first film and shot that want a clip."""
        return self._clips.name_of(fingerprint)

    def wanting(self, fingerprint: str) -> Sequence[BatchFilm]:
        """The films of which a clip is part, of those that were begun."""
        return self._clips.wanting(fingerprint)

    @property
    def spent(self) -> Spent:
        """What was used for all films."""
        return spent_of(self.meter.used.values(), Prices.of(self.plan.settings.cost))

    @property
    def done(self) -> int:
        """Films that have ended, however they did."""
        return len(self.films) - self._left

    # films

    def _begin_more(self) -> Iterator[BatchEvent]:
        """The next films, as long as the pool has room for their clips, and the editors for those that need none."""
        while (
            self._next < len(self.films)
            and not self._stopping
            and self._clips.outstanding < self.window
            and self.editors.waiting < self.window
        ):
            film = self.films[self._next]
            self._next += 1
            clips = film.making.survey.missing
            self._clips.want(film, clips)
            yield self._changed(film, "making")
            lost = self._clips.catch_up(film)
            fresh = [clip for clip in clips if not self._clips.asked(clip) and clip.fingerprint not in lost]
            if fresh:
                self._submit(fresh, film)
            yield from self._within_cap(film)
            yield from self._gone_on(film)

    def _gone_on(self, film: BatchFilm) -> Iterator[BatchEvent]:
        """It is over once it waits for nothing more."""
        if film.over:
            return
        if not film.open:
            yield from self._rendered(film)
        elif film.stopped and not self._under_way(film):
            film.settle()
            yield self._over(film, "stopped", film.stopped)

    def _under_way(self, film: BatchFilm) -> bool:
        """Whether clips are rendered on its account."""
        return any(map(self._clips.with_pool, film.leads))

    def _rendered(self, film: BatchFilm) -> Iterator[BatchEvent]:
        """All its clips are there, or it cannot be made."""
        film.settle()
        if failures := film.failures:
            yield self._over(film, "failed", failures)
        else:
            self.editors.edit(film)

    def _ended(self, film: BatchFilm, error: BaseException | None) -> BatchEvent:
        if error is None:
            return self._over(film, "made")
        return self._over(film, "failed", str(error) or type(error).__name__)

    def _over(self, film: BatchFilm, state: State, message: str = "") -> BatchEvent:
        self._left -= 1
        film.over = True
        film.entry.error = message or None
        return self._changed(film, state, message)

    def _changed(self, film: BatchFilm, state: State, message: str = "") -> BatchEvent:
        film.entry.state = state
        news = FilmNews(film.name, film.entry.row, state, film.entry.seconds, message)
        self.on_event(news)
        return news

    # clips

    def _submit(self, clips: Sequence[Clip], film: BatchFilm) -> None:
        """To be rendered, or rendered again, on account of that film."""
        self._clips.ask(clips)
        if self.listening is None:
            self.listening = self.listen()
        self.listening.pool.submit(clips, film.renderer)

    def _healed(self, film: BatchFilm) -> Sequence[BatchEvent]:
        """A film that could not be cut, since clips of it were lost or altered in the store, waits for them once more;
        what is said of that. Nothing, if that was not why, or it was tried before."""
        try:
            stale = self.healing.stale(film.making.records)
            under_way = [clip for clip in stale.missing if self._clips.with_pool(clip.fingerprint)]
            lost = [clip for clip in stale.missing if clip not in under_way]
            again = self.healing.again(lost)
        except FlowsError:  # the film's own trouble says more
            return ()
        if len(again) < len(lost) or not (stale.missing or stale.found):
            return ()
        film.making.records |= stale.found
        try:
            said = self._rendered_again(film, again)
        except UserError as refused:
            return [self._over(film, "stopped", str(refused))]
        self._clips.want(film, under_way)
        for clip in under_way:
            film.making.reopen(clip)
        if not stale.missing:
            self.editors.edit(film)
        return [*said, self._changed(film, "making")]

    def _rendered_again(self, film: BatchFilm, clips: Sequence[Clip]) -> list[BatchEvent]:
        """On account of that film, whichever want them too."""
        said: list[BatchEvent] = []
        self._clips.want(film, clips)
        for clip in clips:
            text = film.making.reopen(clip)
            film.leads |= {clip.fingerprint}
            if (log := self.warn(f"{film.name}: {text}")) is not None:
                self.on_event(log)
                said.append(log)
        if clips:
            self._submit_again(clips, film)
        return said

    def _submit_again(self, clips: Sequence[Clip], film: BatchFilm) -> None:
        """They count before they are begun, and are not if a cap does not allow it. Raises UserError for what would
        pass one where nothing was missing before."""
        if self.guard is None:
            self.guard = self.open_guard(clips)
        else:
            self.guard.again(clips)
        if self._stopping:
            self._hold()
        else:
            self._submit(clips, film)
            for clip in clips:
                self._again(clip)

    def _again(self, clip: Clip) -> None:
        """It counts for who pays for it, too."""
        for film in self._clips.wanting(clip.fingerprint):
            if clip.fingerprint in film.leads and film.making.guard is not None:
                film.making.guard.again([clip])

    def _hold(self) -> None:
        if self.listening is not None:
            self.listening.pool.hold()

    def _note(self, event: Event) -> Iterator[BatchEvent]:
        films = self._clips.wanting(event.fingerprint)
        again = self.healing.after(event) if isinstance(event, Failed) and films else ()
        self.meter.note(event, time.monotonic())
        if again:
            assert isinstance(event, Failed)
            yield from self._rendered_again(films[0], again[:-1])
            self._submit_again(again[-1:], films[0])
            if event.because_of is not None:
                return
            event = replace(event, final=False)
        if isinstance(event, Failed) and event.final and event.because_of is not None:
            event = replace(
                event, message=f"not rendered: it starts from {self.name_of(event.because_of)}, which failed"
            )
        if isinstance(event, Finished) and not event.cached:
            self.rendered.add(event.fingerprint)
        self._clips.note(event)
        self.on_event(event)
        yield event
        yield from self._guarded(event)
        for film in [film for film in films if film.open and not film.over]:
            film.note(event)
            if film.making.guard is not None and event.fingerprint in film.leads:
                yield from self._low(replace(low, film=film.name) for low in film.making.guard.note(event))
                yield from self._within_cap(film)
            yield from self._gone_on(film)

    # caps

    def _within_cap(self, film: BatchFilm) -> Iterator[BatchEvent]:
        """No further clip is begun on account of a film that has reached its own cap. What others want they pay for
        from now on; what nobody pays for is not rendered, and who waits for it is stopped."""
        if film.making.guard is None or not film.making.guard.stopped:
            return
        alone: dict[str, Clip] = {}
        for clip in film.making.plan.clips:
            if clip.fingerprint in film.leads and self._clips.with_pool(clip.fingerprint) and not film.renders(clip):
                heir = _heir(self._clips.wanting(clip.fingerprint))
                if heir is None:
                    alone[clip.fingerprint] = clip
                else:
                    film.pass_on(clip, heir)
                    yield from self._within_cap(heir)
        yield from self._leave_out(film, alone)

    def _leave_out(self, film: BatchFilm, clips: Mapping[str, Clip]) -> Iterator[BatchEvent]:
        """Clips that nobody pays for, of those that were begun; the next one that wants one will."""
        left = self.listening.pool.leave_out(clips) if clips and self.listening is not None else frozenset[str]()
        for other in self._clips.leave(left):
            assert other.making.guard is not None, "it cannot pay"
            other.stopped = other.making.guard.stopped
            if other is not film:
                yield from self._gone_on(other)
        for name in left:
            later = [other for other in self.films[self._next :] if name in other.making.watches]
            if (heir := _heir(later)) is not None:
                film.pass_on(clips[name], heir)

    def _low(self, told: Iterable[BudgetLow]) -> Iterator[BatchEvent]:
        for low in told:
            self.on_event(low)
            yield low
            yield from self._say(low.message)

    def _guarded(self, event: Event) -> Iterator[BatchEvent]:
        """What is told of caps; no further clip is begun once one is reached."""
        if self.guard is None:
            return
        yield from self._low(self.guard.note(event))
        if self._stopping:
            self._hold()


def _heir(films: Sequence[BatchFilm]) -> BatchFilm | None:
    """The first of these films that can pay for one more clip."""
    return next((each for each in films if each.can_pay), None)

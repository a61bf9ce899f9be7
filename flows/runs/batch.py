"""A batch whose run Prefect shows: one flow run for all its films, a task run each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from flows.batch.events import BatchEvent, FilmNews
from flows.batch.gallery import PAGE
from flows.batch.make import BatchResult, Instead, make_batch
from flows.batch.making import BatchMaking
from flows.batch.manifest import Entry
from flows.batch.plan import BatchPlan
from flows.errors import Stopped
from flows.events import Failed, Finished, Log, notice_of
from flows.notify.telling import notifying_batch
from flows.runs.messages import Advanced, Began, End, Ended, Link, Message, Opened, Page, Said, Told
from flows.runs.pages import MOST_ROWS
from flows.runs.reporter import Reports
from flows.runs.telling import REVIEW, STOPPED, ended, with_spent
from flows.words import count, duration

if TYPE_CHECKING:
    from flows.cluster import RendererSpec

ENDS: dict[str, End] = {"made": "completed", "failed": "failed", "stopped": "cancelled"}


def run_batch(
    plan: BatchPlan,
    *,
    on_event: Callable[[BatchEvent], None] | None = None,
    renderer: RendererSpec | None = None,
    instead: Instead | None = None,
) -> BatchResult:
    """`make_batch`, reported to Prefect by one process, however many films there are. Raises what it raises, and
    EnvironmentProblem when the Prefect server that a person names cannot be used."""
    observer = notifying_batch(BatchReporter(), plan.settings.notify)
    return make_batch(plan, on_event=on_event, renderer=renderer, observer=observer, instead=instead)


class BatchReporter(Reports[BatchMaking, BatchEvent]):
    """A `BatchObserver` that reports to Prefect."""

    watches_idle = False

    def __init__(self) -> None:
        super().__init__(BatchTelling)


class BatchTelling:
    """Of one batch. A film begins when the first of its clips is asked for; those that are kept are on the page."""

    def __init__(self, making: BatchMaking) -> None:
        self._making = making
        self._open: set[str] = set()

    def opening(self) -> Iterator[Message]:
        """Before anything is rendered."""
        making = self._making
        plan = making.plan
        digest = plan.films[0].plan.storyboard_digest
        yield Opened(f"{plan.called}: {count(len(plan.films), 'film')}", str(plan.storyboard), digest)
        yield batch_page(making)

    def of(self, event: BatchEvent) -> Iterator[Message]:
        """What follows from an event, which `making` has noted."""
        match event:
            case FilmNews(film=film, state="making"):
                self._open.add(film)
                yield Began(film)
            case FilmNews(film=film, state=state, message=message) if state in ENDS and film in self._open:
                self._open.discard(film)
                yield Ended(film, ENDS[state], message or state)
                yield Advanced("", self._making.done / max(1, len(self._making.films)))
            case Log(fingerprint="", level=level, message=message):
                yield Said("", level, message)
            case Finished() | Failed():
                for each in self._making.wanting(event.fingerprint):
                    if each.name in self._open:
                        yield Advanced(each.name, each.making.fraction)
            case _:
                if (notice := notice_of(event)) is not None:
                    yield Told(notice.kind, notice.message)

    def closing(self, error: BaseException | None) -> Iterator[Message]:
        """The end, and that of films that were under way."""
        why = STOPPED if error is None or isinstance(error, Stopped) else f"the batch ended before: {error}"
        for name in sorted(self._open):
            yield Ended(name, "cancelled", why)
        self._open.clear()
        if error is None and (waiting := self._making.waiting) is not None:
            yield Page(REVIEW, "What waits for decisions", waiting.markdown)
            yield Ended("", "waits", with_spent(waiting.message, self._making.spent))
            return
        page = self._making.plan.folder / PAGE
        yield Link("gallery", f"`{page}`", page.as_uri(), page.name)
        if error is not None:
            yield ended(error, self._making.spent)
            return
        lost = [entry for entry in self._making.entries if not entry.settled]
        for entry in lost[:MOST_ROWS]:
            name = self._making.plan.named(entry.row, entry.name)
            yield Said("", logging.ERROR, f"{name}: {entry.state}: {entry.error or ''}")
        films = f"{sum(entry.finished for entry in self._making.entries)} of {count(len(self._making.entries), 'film')}"
        yield Ended("", ended_as(self._making.entries), with_spent(f"{films}: {page}", self._making.spent))


def ended_as(entries: Sequence[Entry]) -> End:
    """How a batch has ended: every row has its film, some have, or none has."""
    finished = sum(entry.finished for entry in entries)
    return "completed" if all(entry.settled for entry in entries) else "partly" if finished else "failed"


def batch_page(making: BatchMaking) -> Page:
    """The plan as a table: each film, and what becomes of it."""
    totals = making.plan.totals
    head = ["| row | film | length | clips | |", "| ---: | --- | ---: | ---: | --- |"]
    rows = [
        f"| {entry.row} | {entry.name} | {entry.film_seconds:.1f} s | {entry.clips} | {entry.state} |"
        for entry in making.entries[:MOST_ROWS]
    ]
    more = [f"\nand {len(making.entries) - MOST_ROWS} more"] if len(making.entries) > MOST_ROWS else []
    clips = f"{totals.clips:,} clips, {totals.shared:,} of them shared, {totals.cached:,} in the store"
    title = f"## {making.plan.called}\n{clips}, about {duration(totals.estimated_seconds)}\n"
    return Page("plan", "The films, and what becomes of each", "\n".join([title, *head, *rows, *more]))

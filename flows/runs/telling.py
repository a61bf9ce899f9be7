"""From what happens to a film to what its run shows. Pure: says messages, and knows neither processes nor Prefect."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from flows.cost.spent import Spent
from flows.errors import FlowsError, Stopped, UserError
from flows.events import Event, Failed, Finished, Log, Progress, Started, notice_of
from flows.film.making import Making
from flows.film.watch import TakeWatch
from flows.runs.messages import Advanced, Began, End, Ended, Message, Opened, Page, Said, Told
from flows.runs.pages import contact_sheet_page, file_links, plan_page, seams_table
from wan.errors import WanError

REVIEW = "review"
"""The key of the page that shows what waits for decisions."""
STOPPED = "stopped by the person who started it"


class Telling:
    """Of one film. A take begins when a worker does, or at once if it is in the store; it ends as it ended."""

    def __init__(self, making: Making) -> None:
        self._making = making
        self._open: set[str] = set()
        self._ended: set[str] = set()
        self._steps: dict[str, int] = {}

    def opening(self) -> Iterator[Message]:
        """Before anything is rendered."""
        making, watches = self._making, self._making.watches
        plan = making.plan
        yield Opened(plan.title, plan.storyboard.identity, plan.storyboard_digest)
        for name in sorted(watches.name_of(fingerprint) for fingerprint in making.survey.damaged):
            yield Said("", logging.WARNING, f"{name}: its clip in the store was damaged, and is rendered again")
        yield plan_page(plan, watches.takes)
        for watch in watches.takes:
            if not watch.waits_for:
                yield Began(watch.name, self._after(watch))
                yield Ended(watch.name, "cached", _in_store(watch))
                self._ended.add(watch.name)

    def of(self, event: Event) -> Iterator[Message]:
        """What follows from an event, which `making` has noted."""
        if not event.fingerprint:
            if isinstance(event, Log):
                yield Said("", event.level, event.message)
            elif (notice := notice_of(event)) is not None:
                yield Told(notice.kind, notice.message)
            return
        for watch in self._making.watches.of(event.fingerprint):
            if watch.name not in self._ended:
                yield from self._of_take(watch, event)
        if isinstance(event, Finished):
            yield Advanced("", self._making.fraction)

    def closing(self, error: BaseException | None) -> Iterator[Message]:
        """The end, and that of takes that were under way."""
        why = STOPPED if error is None or isinstance(error, Stopped) else f"the film ended before: {error}"
        for name in sorted(self._open):
            yield Ended(name, "cancelled", why)
        self._open.clear()
        if error is not None:
            yield ended(error, self._making.spent)
            return
        yield from file_links(self._making.film, self._making.report)
        if self._making.waiting is not None:
            yield Page(REVIEW, "What waits for decisions", self._making.waiting.markdown)
            yield Ended("", "waits", with_spent(self._making.waiting.message, self._making.spent))
            return
        if self._making.continuity.worst_first:
            yield seams_table(self._making.continuity)
        try:
            yield contact_sheet_page(self._making.contact_sheet())
        except (FlowsError, OSError) as lost:  # the film is made; what only shows it is not worth its failure
            yield Said("", logging.WARNING, f"no contact sheet: {lost}")
        yield Ended("", "completed", _summary(self._making))

    def _of_take(self, watch: TakeWatch, event: Event) -> Iterator[Message]:
        if watch.name not in self._open:
            self._open.add(watch.name)
            yield Began(watch.name, self._after(watch))
            yield Said(watch.name, logging.INFO, f"seed {watch.take.seed}, {watch.shot.variant}: {watch.take.why}")
        yield from self._news(watch, event)
        if not watch.open:
            self._open.discard(watch.name)
            self._ended.add(watch.name)
            failed = watch.failure
            yield Ended(watch.name, "failed" if failed else "completed", failed.message if failed else _in_store(watch))

    def _after(self, watch: TakeWatch) -> tuple[str, ...]:
        """The takes that it goes on from, of those that were shown: it waits for none that was not."""
        clips = watch.take.clips
        upstream = {up for clip in clips for up in clip.upstream} - {clip.fingerprint for clip in clips}
        names = {other.name for up in upstream for other in self._making.watches.of(up)}
        return tuple(sorted(names & (self._open | self._ended)))

    def _news(self, watch: TakeWatch, event: Event) -> Iterator[Message]:
        name = watch.name
        match event:
            case Started(worker=worker, attempt=attempt):
                yield Said(name, logging.INFO, f"{worker} begins{f', attempt {attempt}' if attempt > 1 else ''}")
            case Progress(stage="denoise", step=step):
                yield Advanced(name, (self._steps.get(name, 0) + step) / max(watch.steps, 1))
            case Log(level=level, message=message):
                yield Said(name, level, message)
            case Finished() as finished:
                yield Said(name, logging.INFO, _finished(finished))
                clips = {clip.fingerprint: clip for clip in watch.take.clips}
                steps = clips[finished.fingerprint].spec.sampling.num_inference_steps
                self._steps[name] = self._steps.get(name, 0) + steps
            case Failed(final=False, message=message, worker=worker):
                yield Said(name, logging.WARNING, f"{worker} failed, will be tried again: {message}")
            case _:
                pass


def _finished(event: Finished) -> str:
    record = event.record
    if event.cached:
        return f"found in the store: {record.fingerprint[:12]}"
    stages = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in record.seconds.items())
    return f"rendered by {record.worker} ({stages}), quality {record.quality:.3f}"


def _in_store(watch: TakeWatch) -> str:
    return f"in the store: {watch.take.fingerprint[:12]}"


def ended(error: BaseException, spent: Spent | None = None) -> Ended:
    """How a film ends that is not made, and what it has used."""
    return Ended("", _how(error), with_spent(str(error) or type(error).__name__, spent or Spent()))


def with_spent(message: str, spent: Spent) -> str:
    """The last word of a run says what it has used, and cost: it is what people are told."""
    return "\n".join(filter(None, (message, spent.words)))


def _how(error: BaseException) -> End:
    match error:
        case Stopped() | KeyboardInterrupt():
            return "cancelled"
        case UserError():
            return "refused"
        case FlowsError() | WanError():
            return "failed"
        case _:
            return "crashed"


def _summary(making: Making) -> str:
    shown = making.watches.shown
    rendered = sum(watch.take.fingerprint in making.rendered for watch in shown)
    takes = f"{rendered} of {len(shown)} takes rendered"
    return with_spent(f"{making.film}: {takes}" if making.film else takes, making.spent)

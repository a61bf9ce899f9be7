"""What is said of a film and of a batch when they have ended. Pure but for the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flows.batch.gallery import PAGE
from flows.batch.making import BatchMaking
from flows.errors import Stopped
from flows.film.making import Making
from flows.notify.message import Message
from flows.words import count, duration

MOST_LOST = 5
"""Films of a batch that are named with what went wrong."""


def film_message(making: Making, error: BaseException | None) -> Message | None:
    """None for one that somebody has stopped: who did knows. What waits for people is not made yet."""
    title = making.plan.title
    if isinstance(error, Stopped | KeyboardInterrupt):
        return None
    if error is not None:
        return Message("failed", title, (str(error) or type(error).__name__, *_took(making, making.began)))
    if making.waiting is not None:
        return Message("review", title, (making.waiting.message, *_took(making, making.began)))
    shown = making.watches.shown
    rendered = sum(watch.take.fingerprint in making.rendered for watch in shown)
    took = f"{count(rendered, 'take')} rendered, {len(shown) - rendered:,} from the store"
    files = (making.film, making.report, *making.clips)
    after, *used = _took(making, making.began)
    return Message("done", title, (f"{took}, {after}", *used, *(str(path) for path in files if path)))


def batch_message(making: BatchMaking, error: BaseException | None, began: float) -> Message | None:
    """Likewise; of a batch that was begun at `began` (of `time.monotonic`)."""
    title = making.plan.called
    if isinstance(error, Stopped | KeyboardInterrupt):
        return None
    if error is not None:
        return Message("failed", title, (str(error) or type(error).__name__, *_took(making, began)))
    if making.waiting is not None:
        return Message("review", title, (making.waiting.message, *_took(making, began)))
    lost = [entry for entry in making.entries if not entry.settled]
    made = sum(entry.finished for entry in making.entries)
    kind = "done" if not lost else "partly" if made else "failed"
    after, *used = _took(making, began)
    lines = [f"{made:,} of {count(len(making.entries), 'film')}, {after}", *used, *_lost(making)]
    return Message(kind, title, (*lines, str(making.plan.folder / PAGE)))


def _lost(making: BatchMaking) -> Iterator[str]:
    lost = [entry for entry in making.entries if not entry.settled]
    for entry in lost[:MOST_LOST]:
        named = making.plan.named(entry.row, entry.name)
        yield f"{named}: {entry.state}: {entry.error}" if entry.error else f"{named}: {entry.state}"
    if len(lost) > MOST_LOST:
        yield f"and {len(lost) - MOST_LOST:,} more"


def _took(making: Making | BatchMaking, began: float) -> Iterator[str]:
    """How long it took, and what it has used and cost."""
    yield f"after {duration(time.monotonic() - began)}"
    if words := making.spent.words:
        yield words

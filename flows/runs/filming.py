"""The process that makes the film, or the batch, of a run: `python -m flows.runs.filming`. Knows no Prefect.

It reads an `Order`, a line on its standard input, and tells on its standard output what happens. It stops, and keeps
what is finished, when it is asked to (SIGTERM) and when its standard input ends: then nobody follows it any more.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO

from flows.batch.asked import Asked, matrix_of
from flows.batch.make import BatchResult, Instead, make_batch
from flows.batch.plan import BatchPlan, plan_batch
from flows.batch.sending import asked_here, publish_batch
from flows.cluster import RendererSpec
from flows.config import as_override
from flows.errors import UserError
from flows.film.make import make_film
from flows.film.making import Making
from flows.film.observer import Run
from flows.film.result import FilmResult
from flows.notify.telling import notifying, notifying_batch
from flows.planning.model import Plan
from flows.project import Project, load, plan, store_of
from flows.runs.messages import Beat, Message, Said
from flows.runs.order import BatchOrder, Order, order_from
from flows.runs.outbox import Outbox
from flows.runs.reviewed import approved_batch, approved_plan
from flows.runs.teller import BatchTeller, Teller
from flows.runs.telling import ended
from flows.store import open_store
from flows.submission import FilmFiles, load_sent, publish_film
from flows.words import count
from wan.system.locks import own_folder

GIVE_UP_SECONDS = 25.0
"""After which what could not end by itself is ended: Prefect kills after 30."""
BEAT_SECONDS = 60.0
"""Between two signs of life."""
LAST_SECONDS = 30.0
"""What the last words may take to be read."""
_ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
Make = Callable[..., FilmResult]
"""Of a plan, with `order`, `teller` and `instead` (`flows.film.make_film`)."""


def main(make: Make | None = None, renderer: RendererSpec | None = None) -> None:
    """Until the film, or the batch, is made, or cannot be."""
    order = order_from(sys.stdin.buffer.readline())
    outbox = Outbox(_own_stdout())
    _stop_when_asked()
    threading.Thread(target=_stop_with_reader, name="stdin", daemon=True).start()
    threading.Thread(target=_beat, args=(outbox,), name="beat", daemon=True).start()
    outbox.say(_ended(order, outbox, make or _make, renderer))
    outbox.close(LAST_SECONDS)


def _ended(order: Order, outbox: Outbox, make: Make, renderer: RendererSpec | None) -> Message:
    """How it ended."""
    run = Run(order.run, order.url)
    try:
        with ExitStack() as held:
            if order.batch is not None:
                return _batch(order, order.batch, BatchTeller(outbox, run), outbox, renderer, held)
            return _film(order, Teller(outbox, run), outbox, make, held)
    except BaseException as error:  # noqa: BLE001  # the outermost place: everything ends here, as the run's state
        traceback.print_exc()
        return ended(error)


def _film(order: Order, teller: Teller, outbox: Outbox, make: Make, held: ExitStack) -> Message:
    load_with = partial(_project, order, held)
    project = load_with()
    outbox.say(Said("", logging.INFO, f"{project.storyboard.identity} is planned"))
    if order.review:
        approved = approved_plan(order, load_with, outbox, partial(make, order=order, teller=teller))
        if not isinstance(approved, Plan):
            return teller.last or approved
        planned = approved
    else:
        planned = plan(project)
    for warning in planned.warnings:
        outbox.say(Said("", logging.WARNING, warning))
    result = make(planned, order=order, teller=teller)
    if order.sent is not None:
        outputs, sent_from = project.settings.film.outputs, project.storyboard.identity
        made = publish_film(store_of(project.settings), order.run, sent_from, outputs, result)
        outbox.say(_sent_back(made, order))
    assert teller.last is not None, "made, and told"
    return teller.last


def _batch(
    order: Order,
    rows: BatchOrder,
    teller: BatchTeller,
    outbox: Outbox,
    renderer: RendererSpec | None,
    held: ExitStack,
) -> Message:
    if order.only:
        raise UserError("only: a batch makes whole films; leave it empty, or leave out the table")
    asked = _asked(order, rows, held)
    outbox.say(Said("", logging.INFO, f"{asked.table.name} is planned"))
    make = partial(_make_batch, teller=teller, renderer=renderer)
    planned = approved_batch(order, asked, outbox, make) if order.review else plan_batch(asked)
    if not isinstance(planned, BatchPlan):
        return teller.last or planned
    for fault in planned.bad:
        outbox.say(Said("", logging.WARNING, f"row {fault.row} is left out: {fault.said()}"))
    result = make(planned)
    if order.sent is not None:
        outbox.say(_sent_back(publish_batch(store_of(planned.settings), order.run, planned, result), order))
    assert teller.last is not None, "made, and told"
    return teller.last


def _sent_back(made: FilmFiles, order: Order) -> Said:
    return Said("", logging.INFO, f"{count(len(made.files), 'file')} sent back: wanflow fetch {order.run}")


def _asked(order: Order, rows: BatchOrder, held: ExitStack) -> Asked:
    asked = Asked(
        storyboard=order.storyboard,
        table=Path(rows.table),
        overrides=_overrides(order),
        matrix=matrix_of(rows.matrix),
        name=rows.name,
        called=rows.called,
        ignored=rows.ignored,
        sheet=rows.sheet,
        skip_bad=rows.skip_bad,
        most=rows.most,
    )
    if order.sent is None:
        return asked
    return asked_here(open_store(order.store), order.sent, rows.table, asked, _own_folder(held))


def _project(order: Order, held: ExitStack, decided: Sequence[str] = ()) -> Project:
    """`decided`: overrides into the storyboard."""
    overrides = [*_overrides(order), *decided]
    if order.sent is None:
        return load(order.storyboard, overrides)
    return load_sent(open_store(order.store), order.sent, overrides, _own_folder(held))


def _overrides(order: Order) -> list[str]:
    said = {"store.address": order.store, "cluster.priority": order.priority, "cluster.deadline": order.deadline}
    return [*order.overrides, *(as_override(key, value) for key, value in said.items() if value)]


def _own_folder(held: ExitStack) -> Path:
    """For what was sent, until its films are made."""
    return held.enter_context(own_folder(Path(tempfile.gettempdir()), "wanflow-sent-"))


def _make(
    planned: Plan, *, order: Order, teller: Teller, instead: Callable[[Making], None] | None = None
) -> FilmResult:
    observer = notifying(teller, planned.settings.notify)
    return make_film(planned, only=order.only, observer=observer, instead=instead)


def _make_batch(
    planned: BatchPlan, *, teller: BatchTeller, renderer: RendererSpec | None, instead: Instead | None = None
) -> BatchResult:
    observer = notifying_batch(teller, planned.settings.notify)
    return make_batch(planned, observer=observer, renderer=renderer, instead=instead)


def _own_stdout() -> IO[bytes]:
    """Nothing else is written there, whatever a library prints."""
    kept = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return kept


def _stop_when_asked() -> None:
    asked = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:  # an ending is not torn apart
            return
        asked = True
        last = threading.Timer(GIVE_UP_SECONDS, os._exit, (1,))
        last.daemon = True
        last.start()
        raise KeyboardInterrupt

    for number in _ENDINGS:
        signal.signal(number, interrupt)


def _beat(outbox: Outbox) -> None:
    """A film may have nothing to say for hours: it waits for its turn in a pool."""
    while True:
        time.sleep(BEAT_SECONDS)
        outbox.say(Beat())


def _stop_with_reader() -> None:
    while os.read(0, 1):  # past the file's buffer, whose lock a thread that waits would hold to our end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()

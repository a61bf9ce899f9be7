"""The process that makes the film of a run: `python -m flows.runs.filming`. Knows no Prefect.

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

from flows.config import as_override
from flows.film.make import make_film
from flows.film.making import Making
from flows.film.observer import Run
from flows.film.result import FilmResult
from flows.planning.model import Plan
from flows.project import Project, load, plan, store_of
from flows.runs.messages import Beat, Message, Said
from flows.runs.order import Order, order_from
from flows.runs.outbox import Outbox
from flows.runs.reviewed import approved_plan
from flows.runs.teller import Teller
from flows.runs.telling import ended
from flows.store import open_store
from flows.submission import load_sent, publish_film
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


def main(make: Make | None = None) -> None:
    """Until the film is made, or cannot be."""
    order = order_from(sys.stdin.buffer.readline())
    outbox = Outbox(_own_stdout())
    _stop_when_asked()
    threading.Thread(target=_stop_with_reader, name="stdin", daemon=True).start()
    threading.Thread(target=_beat, args=(outbox,), name="beat", daemon=True).start()
    teller = Teller(outbox, Run(order.run, order.url))
    outbox.say(_filmed(order, outbox, teller, make or _make))
    outbox.close(LAST_SECONDS)


def _filmed(order: Order, outbox: Outbox, teller: Teller, make: Make) -> Message:
    """How it ended."""
    try:
        with ExitStack() as held:
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
                outbox.say(
                    Said("", logging.INFO, f"{count(len(made.files), 'file')} sent back: wanflow fetch {order.run}")
                )
        assert teller.last is not None, "made, and told"
        return teller.last
    except BaseException as error:  # noqa: BLE001  # the outermost place: everything ends here, as the run's state
        traceback.print_exc()
        return ended(error)


def _project(order: Order, held: ExitStack, decided: Sequence[str] = ()) -> Project:
    """`decided`: overrides into the storyboard."""
    said = {"store.address": order.store, "cluster.priority": order.priority, "cluster.deadline": order.deadline}
    overrides = [*order.overrides, *(as_override(key, value) for key, value in said.items() if value), *decided]
    if order.sent is None:
        return load(order.storyboard, overrides)
    folder = held.enter_context(own_folder(Path(tempfile.gettempdir()), "wanflow-sent-"))
    return load_sent(open_store(order.store), order.sent, overrides, folder)


def _make(
    planned: Plan, *, order: Order, teller: Teller, instead: Callable[[Making], None] | None = None
) -> FilmResult:
    return make_film(planned, only=order.only, observer=teller, instead=instead)


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

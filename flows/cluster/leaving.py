"""How a worker's process ends when nobody ends it through Ray: the system asks it to, or everybody has forgotten it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

FORGOTTEN_SECONDS = 300.0
"""A worker that has nothing to do, and that nobody has asked for anything for so long, has no pool any more."""
LOOK_SECONDS = 5.0


def on_sigterm(leave: Callable[[], None]) -> None:
    """Call `leave` and end the process when the system asks for that: a machine that goes down, a job that is over.

    Python runs handlers on the main thread, which a worker's process spends inside Ray; the signal's number comes
    through a pipe instead. Nothing happens where that is not possible (a thread of a test).
    """
    if threading.current_thread() is not threading.main_thread():
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(reader, leave), name="leaving", daemon=True).start()


def _wait(reader: int, leave: Callable[[], None]) -> None:
    while signal.SIGTERM not in os.read(reader, 1):
        pass
    try:
        leave()
    finally:
        os._exit(0)


def when_nobody_asks(asked: Callable[[], float], idle: Callable[[], bool]) -> None:
    """End the process, and give its place in the cluster back, when it is `idle` and was last asked for something (by
    `time.monotonic`) too long ago."""
    threading.Thread(target=_look, args=(asked, idle), name="forgotten", daemon=True).start()


def _look(asked: Callable[[], float], idle: Callable[[], bool]) -> None:
    while not (idle() and time.monotonic() - asked() > FORGOTTEN_SECONDS):
        time.sleep(LOOK_SECONDS)
    import ray

    try:
        place = ray.util.get_current_placement_group()
        if place is not None:
            ray.util.remove_placement_group(place)  # Ray ends the worker with it
        time.sleep(LOOK_SECONDS)
    finally:
        os._exit(0)

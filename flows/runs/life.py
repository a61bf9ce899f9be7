"""Whether the server that a run is reported to is there: Prefect's own client waits for minutes before it gives up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

LOOK_SECONDS = 2.0
LAST_LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 60.0
"""How long a server may be silent while clips are rendered: it may be started again meanwhile..."""
LAST_SECONDS = 8.0
"""...and how long when nothing is left but to report."""


class Asked(Protocol):
    """A server, as far as its life is concerned."""

    @property
    def alive(self) -> bool:
        """False once it is certain that it is gone."""

    def answers(self) -> bool:
        """Whether it can be asked something now."""


def watch_life(server: Asked, ending: threading.Event, gone: Callable[[], None]) -> None:
    """Calls `gone` in a thread of its own when the server is. `ending`: the film is made, or is not."""
    threading.Thread(target=_watch, args=(server, ending, gone), name="life", daemon=True).start()


def _watch(server: Asked, ending: threading.Event, gone: Callable[[], None]) -> None:
    heard = time.monotonic()
    ended: float | None = None
    while server.alive:
        if server.answers():
            heard = time.monotonic()
        now = time.monotonic()
        if ending.is_set() and ended is None:
            ended = now
        if now - heard > PATIENCE_SECONDS or (ended is not None and now - max(heard, ended) > LAST_SECONDS):
            break
        ending.wait(LOOK_SECONDS) if ended is None else time.sleep(LAST_LOOK_SECONDS)
    gone()

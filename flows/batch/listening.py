"""Hearing a pool in a thread of its own, so that films are edited while nothing is said there."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from flows.errors import Stopped
from flows.events import Event

if TYPE_CHECKING:
    from flows.cluster import Pool

PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Over:
    """The pool has ended, and why."""

    error: BaseException


Heard: TypeAlias = Event | Over


class Listening:
    """What the pool says goes into the inbox, until `stop`: also between two films, when it has nothing to do."""

    def __init__(self, pool: Pool, inbox: queue.SimpleQueue[Heard]) -> None:
        self.pool = pool
        self._inbox = inbox
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listening", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cancel what runs; what has happened by then is in the inbox."""
        self._over.set()
        self.pool.cancel()
        self._thread.join()
        for event in self.pool.pending():
            self._inbox.put(event)

    def _listen(self) -> None:
        try:
            while not self._over.is_set():
                for event in self.pool.events():
                    self._inbox.put(event)
                self._over.wait(PAUSE_SECONDS)
        except BaseException as error:  # noqa: BLE001  # not swallowed: who reads the inbox raises it
            self._inbox.put(Over(error))
        else:
            self._inbox.put(Over(Stopped("stopped; finished takes are kept")))

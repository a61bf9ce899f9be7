"""Editing films side by side, each as soon as its clips are there."""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from flows.batch.film import BatchFilm
from flows.errors import FlowsError
from flows.settings import Settings
from wan.errors import WanError
from wan.system.host import cores
from wan.system.stop import heeding

logger = logging.getLogger(__name__)
MOST = 8
BESIDE_RENDERING = 4
"""Cores for each editor where the same machine renders; where others do, two."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A film's files are made, or are not because of `error`."""

    film: BatchFilm
    error: BaseException | None


class Editors:
    """Threads, an ffmpeg each; they say into the inbox what they have done."""

    def __init__(self, settings: Settings, inbox: queue.SimpleQueue[Any]) -> None:
        each = BESIDE_RENDERING if settings.cluster.address is None else 2
        self._threads = ThreadPoolExecutor(max(1, min(MOST, cores() // each)), thread_name_prefix="edit")
        self._inbox = inbox
        self._stopped = threading.Event()
        self._waiting = 0
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """Films that are edited, or wait for it."""
        return self._waiting

    def edit(self, film: BatchFilm) -> None:
        """As soon as one of them is free."""
        with self._lock:
            self._waiting += 1
        self._threads.submit(self._edit, film)

    def stop(self) -> None:
        """What is edited is given up; nothing half done is left."""
        self._stopped.set()
        self._threads.shutdown(cancel_futures=True)

    def _edit(self, film: BatchFilm) -> None:
        error: BaseException | None = None
        try:
            with heeding(self._stopped.is_set):
                film.edit()
        except (FlowsError, WanError, OSError) as trouble:
            error = trouble
        except BaseException as mistake:  # of ours: the film's row says it, and others go on
            logger.exception("%s could not be edited", film.name)
            error = RuntimeError(f"wanflow broke: {type(mistake).__name__}: {mistake}")
        with self._lock:
            self._waiting -= 1
        if not self._stopped.is_set() or error is None:
            self._inbox.put(Edited(film, error))

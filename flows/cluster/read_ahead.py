"""The next model's files, read into the machine's page cache while a worker still denoises.

Loading a model of 64 GB takes a minute from a disk and seconds from the page cache. The pool says what a worker will
load next; here its files are read by one thread of the lowest priority, as far as the memory is free.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from flows.cluster.job import Ahead
from flows.cluster.weights import weights_of
from wan.system.host import free_bytes

PIECE_BYTES = 8 << 20
"""Read at once; between two pieces the thread looks whether it should go on."""
LEAST_BYTES = 1 << 30
"""Models whose files take less are not read ahead: they load in a moment."""
SHARE = 0.5
"""Of the free memory that files may be read into."""
_LOWEST = 19
_PAGE = os.sysconf("SC_PAGE_SIZE")

_log = logging.getLogger(__name__)

Files = Callable[[Ahead], Sequence[Path]]


class ReadAhead:
    """Reads what is wanted, while it may; on Linux alone. Safe for many threads; nothing is started before something is
    wanted."""

    def __init__(
        self,
        files: Files = lambda ahead: weights_of(ahead.renderer, ahead.variant),
        free: Callable[[], int] = free_bytes,
        least_bytes: int = LEAST_BYTES,
    ) -> None:
        self._files = files
        self._free = free
        self._least = least_bytes
        self._changed = threading.Condition()
        self._wanted: Ahead | None = None
        self._read: Ahead | None = None
        self._allowed = False
        self._thread: threading.Thread | None = None

    def want(self, ahead: Ahead | None) -> None:
        """What the worker will load next, as the pool sees it now; None: nothing. Another plan stops what is read."""
        with self._changed:
            if ahead == self._wanted:
                return
            self._wanted = ahead
            self._go_on()

    def allow(self, allowed: bool) -> None:
        """Whether there is time for it: while the worker denoises."""
        with self._changed:
            if allowed != self._allowed:
                self._allowed = allowed
                self._go_on()

    def _go_on(self) -> None:
        self._changed.notify_all()
        if self._allowed and self._due() and self._thread is None and sys.platform == "linux":
            self._thread = threading.Thread(target=self._work, name="read ahead", daemon=True)
            self._thread.start()

    def _due(self) -> bool:
        return self._wanted is not None and self._wanted != self._read

    def _work(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST)  # on Linux, of this thread alone
        while True:
            with self._changed:
                if not (self._allowed and self._due()):
                    self._thread = None
                    return
                ahead = self._wanted
            assert ahead is not None, "it is due"
            try:
                whole = self._read_files(ahead)
            except OSError as error:
                _log.info("%s is not read ahead: %s", ahead.variant, error)
                whole = True
            if whole:
                with self._changed:
                    self._read = ahead

    def _read_files(self, ahead: Ahead) -> bool:
        """Whether it came to the end."""
        files = self._files(ahead)
        size = sum(path.stat().st_size for path in files)
        room = int(SHARE * self._free())
        if size < self._least:
            return True
        piece = bytearray(PIECE_BYTES)
        for path in files:
            with path.open("rb", buffering=0) as file:
                for start in range(0, os.fstat(file.fileno()).st_size, PIECE_BYTES):
                    if not self._allowed or self._wanted != ahead:
                        return False
                    room -= PIECE_BYTES
                    if room < 0:
                        return True
                    if not _cached(file.fileno(), start):
                        os.preadv(file.fileno(), [piece], start)
        _log.info("the files of %s (%.1f GB) are read ahead", ahead.variant, size / 1e9)
        return True


def _cached(file: int, start: int) -> bool:
    """Whether the piece that begins there seems to be in the page cache: its first page is, and its last."""
    try:
        return all(
            os.preadv(file, [bytearray(1)], at, os.RWF_NOWAIT) >= 0 for at in (start, start + PIECE_BYTES - _PAGE)
        )
    except OSError:  # EAGAIN: it is not; EOPNOTSUPP: this file system does not say
        return False

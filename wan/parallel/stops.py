"""When the steps of a clip are stopped. Members of a gang wait for each other inside a step, so they leave it at the
same block: one that is told to stop tells the others there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from wan.parallel.gang import Alone
from wan.system.stop import ShouldStop, heeding

LONG_STEP = 1.0
"""Seconds from which on the members of a gang ask each other between the blocks of a step too: 0.2 ms a block. Of
shorter ones the end is soon enough."""


class Stops:
    """Of one run of steps. All members of the gang make the same calls."""

    def __init__(self, gang: Alone, should_stop: ShouldStop | None) -> None:
        self._gang, self._mine = gang, should_stop
        self._shared = gang.share.layout.ranks > 1
        self._long = True  # nobody knows yet

    def before_step(self) -> bool:
        """Whether to stop here."""
        return self._gang.any(self._mine is not None and self._mine())

    @contextmanager
    def within_step(self) -> Iterator[None]:
        """Around the work of one step. A stop that is seen there raises `Cancelled` on every member."""
        began = time.perf_counter()
        shared = self.before_step if self._long else None
        with heeding(shared if self._shared else self._mine):
            yield
        if self._shared:
            self._long = self._gang.any(time.perf_counter() - began > LONG_STEP)

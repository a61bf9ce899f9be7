"""How often a request is tried again, and for how long: longer and longer pauses, with a bit of chance in them, so that
many who wait for one server do not all come back at once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flows.store.s3.faults import Trouble

T = TypeVar("T")
FIRST, GROWTH, LONGEST = 0.1, 2.0, 10.0
"""Seconds of the first pause, how many times longer each next one is, and seconds at most."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For `seconds` after the first failure. `clock` and `sleep` are the machine's, but for tests."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def tries(self) -> Tries:
        """For one request."""
        return Tries(self)

    def answer(self, ask: Callable[[], T]) -> T:
        """The answer to what may be asked any number of times. Raises Trouble."""
        tries = self.tries()
        while True:
            try:
                return ask()
            except Trouble as trouble:
                tries.failed(trouble)


class Tries:
    """Those of one request so far."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._pause = FIRST
        self._until: float | None = None

    def failed(self, trouble: Trouble) -> None:
        """Waits until it is time for the next one. Raises `trouble` when there is to be none."""
        now = self._patience.clock()
        self._until = self._until if self._until is not None else now + self._patience.seconds
        if not trouble.transient or now >= self._until:
            raise trouble
        self._patience.sleep(min(self._pause * random.uniform(0.5, 1.0), self._until - now))
        self._pause = min(self._pause * GROWTH, LONGEST)

    def went_on(self) -> None:
        """Something came: whoever fails next is given all the time again."""
        self._pause, self._until = FIRST, None


WORK = Patience(180.0)
"""A server that is gone for a minute, or started anew, is waited for."""
LOOK = Patience(2.0)
"""Before anything was begun nobody is waited for."""

"""Looking for a stop in the middle of long work. Who begins the work says whom to ask; what takes long asks.

It asks at places that nothing half done is left behind of: between blocks, pieces of a video, weights that are read.
Asking is a call of what was given, so that it may be done thousands of times a second. No torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from wan.errors import Cancelled

ShouldStop: TypeAlias = Callable[[], bool]

_asked: ContextVar[ShouldStop | None] = ContextVar("should_stop", default=None)


@contextmanager
def heeding(should_stop: ShouldStop | None) -> Iterator[None]:
    """Within the block, on this thread, `should_stop` is asked; None: nobody is, whatever was said outside."""
    before = _asked.set(should_stop)
    try:
        yield
    finally:
        _asked.reset(before)


def is_heeded() -> bool:
    """Whether somebody is asked here."""
    return _asked.get() is not None


def look_for_stop() -> None:
    """Raises `Cancelled`, without a state, when who is asked says so."""
    should_stop = _asked.get()
    if should_stop is not None and should_stop():
        raise Cancelled

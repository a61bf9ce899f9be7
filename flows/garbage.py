"""Python's search for cycles of dead objects, left out where many objects are made and none of them dies."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """A large storyboard or plan is a million small objects without cycles; looking for some costs a third of the
    time. Also a decorator."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

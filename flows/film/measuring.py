"""Measuring a film beside its edit: no clip waits for it, and no worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from flows.edit.timeline import Timeline
from flows.planning.model import Plan
from flows.seams import Continuity, measure_film
from flows.store import ClipRecord, Store


@contextmanager
def measured_beside(
    plan: Plan, takes: Mapping[str, ClipRecord], timeline: Timeline, store: Store
) -> Iterator[Callable[[], Continuity]]:
    """In a thread of its own, while the block runs; what is given waits for the end of it, and raises as `measure_film`
    does. Where the block fails it is given up."""
    stopped = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="seams") as thread:
        found = thread.submit(measure_film, plan, takes, timeline, store, stopped.is_set)
        try:
            yield found.result
        except BaseException:
            stopped.set()
            raise

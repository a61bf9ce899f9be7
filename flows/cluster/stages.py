"""The seconds that each stage of a clip took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Stages:
    """Of one clip, in all attempts of this worker and, where it went on from a checkpoint, of the one before."""

    def __init__(self) -> None:
        self._ended: dict[str, float] = {}
        self._running: tuple[str, float] | None = None

    @property
    def seconds(self) -> dict[str, float]:
        """By stage, the one that is running up to now."""
        found = dict(self._ended)
        if self._running is not None:
            name, start = self._running
            found[name] = round(found.get(name, 0.0) + time.perf_counter() - start, 4)
        return found

    def add(self, seconds: Mapping[str, float]) -> None:
        """What another worker took."""
        for name, took in seconds.items():
            self._ended[name] = round(self._ended.get(name, 0.0) + took, 4)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Around a stage; stages do not overlap."""
        self._running = (name, time.perf_counter())
        try:
            yield
        finally:
            self._ended, self._running = self.seconds, None

"""Clips that are in the store, as if a machine had rendered them: what serves finds them, and needs no model."""

from __future__ import annotations

from collections.abc import Iterable

from flows.cluster.stub import StubRenderer
from flows.planning import Clip
from flows.store import open_store


class Unheard:
    """Of a renderer that nobody stops."""

    def progress(self, stage: str, step: int, steps: int) -> None: ...

    def should_stop(self) -> bool:
        return False


def prerender(clips: Iterable[Clip], address: str | None) -> None:
    """All of them, in the store of that address."""
    store = open_store(address)
    for clip in clips:
        store.publish(StubRenderer(threads=1, seconds=0).render(clip, store, Unheard()))

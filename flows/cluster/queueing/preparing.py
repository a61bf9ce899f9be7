"""Clips that need the same driving video prepared: one goes ahead, the others wait until it is in the store. Pure."""

from __future__ import annotations

from collections.abc import Collection

from flows.cluster.queueing.graph import Entry


class Preparing:
    """By key (`flows.planning.motion.prepared_key`). Methods give the names of the clips that this may concern."""

    def __init__(self) -> None:
        self._ahead: dict[str, str] = {}
        self._needing: dict[str, dict[str, None]] = {}
        self._prepared: set[str] = set()

    def add(self, entry: Entry) -> None:
        """The clip is new."""
        if entry.key is not None:
            self._needing.setdefault(entry.key, {})[entry.name] = None

    def holds_back(self, entry: Entry) -> bool:
        """Whether another clip is at it."""
        return entry.key in self._ahead

    def begin(self, entry: Entry) -> Collection[str]:
        """The clip was leased."""
        if entry.key is None or entry.key in self._prepared:
            return ()
        self._ahead[entry.key] = entry.name
        return self._needing[entry.key]

    def done(self, entry: Entry) -> Collection[str]:
        """What the clip needs is in the store."""
        if entry.key is None or entry.key in self._prepared:
            return ()
        self._prepared.add(entry.key)
        self._ahead.pop(entry.key, None)
        return self._needing[entry.key]

    def give_up(self, entry: Entry) -> Collection[str]:
        """The clip is not leased any more: another one may go ahead."""
        if entry.key is None or self._ahead.get(entry.key) != entry.name:
            return ()
        del self._ahead[entry.key]
        return self._needing[entry.key]

    def forget(self, entry: Entry) -> Collection[str]:
        """The clip has left the queue."""
        if entry.key is None:
            return ()
        freed = self.give_up(entry)
        needing = self._needing[entry.key]
        needing.pop(entry.name, None)
        if not needing:
            del self._needing[entry.key]
            self._prepared.discard(entry.key)
        return freed

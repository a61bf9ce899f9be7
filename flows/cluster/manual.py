"""What people changed about a pool by hand: a note in the store, so that it holds when the keeper is restarted."""

from __future__ import annotations

import json
import threading
from typing import Any

from flows.store import Store
from flows.store.layout import pool_note

ALL = ""
"""Stands for every film."""


class ManualChanges:
    """Of one pool. Without a store they are remembered here alone. Raises StoreError, EnvironmentProblem."""

    def __init__(self, store: Store | None, pool: str) -> None:
        self._store = store
        self._note = pool_note(pool)
        self._lock = threading.Lock()
        self._held, self._priorities, self._stays = self._read()

    @property
    def paused(self) -> bool:
        """Whether nothing more is to be begun."""
        return ALL in self._held

    @property
    def stays(self) -> bool:
        """Whether somebody wants the pool to be there when there are no films."""
        return self._stays

    def held(self, film: str) -> bool:
        return film in self._held

    def priority(self, film: str, own: int) -> int:
        """What somebody has said, or else its own."""
        return self._priorities.get(film, own)

    def hold(self, film: str, held: bool) -> None:
        with self._lock:
            (self._held.add if held else self._held.discard)(film)
            self._write()

    def move(self, film: str, priority: int) -> None:
        with self._lock:
            self._priorities[film] = priority
            self._write()

    def stay(self) -> None:
        with self._lock:
            self._stays = True
            self._write()

    def forget(self, film: str) -> None:
        """It is done, or has been given up."""
        with self._lock:
            if film in self._held or film in self._priorities:
                self._held.discard(film)
                self._priorities.pop(film, None)
                self._write()

    def clear(self) -> None:
        """The pool ends."""
        with self._lock:
            self._held, self._priorities, self._stays = set(), {}, False
            if self._store is not None:
                self._store.drop_note(self._note)

    def _read(self) -> tuple[set[str], dict[str, int], bool]:
        """Nothing, if there is no note, or it is damaged."""
        data = self._store.note(self._note) if self._store is not None else None
        try:
            found: Any = json.loads(data or b"{}")
            priorities = {str(film): int(priority) for film, priority in dict(found.get("priorities", {})).items()}
            return set(map(str, found.get("held", []))), priorities, bool(found.get("stays", False))
        except (ValueError, TypeError, AttributeError):
            return set(), {}, False

    def _write(self) -> None:
        if self._store is not None:
            values = {"held": sorted(self._held), "priorities": self._priorities, "stays": self._stays}
            self._store.put_note(self._note, json.dumps(values, sort_keys=True).encode())

"""When to say again that nothing happens: after ten seconds, then after twice as long each time. Pure."""

from __future__ import annotations

FIRST_SECONDS = 10.0
MOST_SECONDS = 600.0


class Patience:
    """`since` is when the waiting began, by the clock that `due` is given."""

    def __init__(self) -> None:
        self.since = 0.0
        self._next: float | None = None
        self._pause = FIRST_SECONDS

    def due(self, waiting: bool, now: float) -> bool:
        """Whether it is time to say that we wait; asked often, with the clock in seconds."""
        if not waiting:
            self._next = None
            return False
        if self._next is None:
            self.since, self._pause = now, FIRST_SECONDS
            self._next = now + self._pause
        if now < self._next:
            return False
        self._pause = min(2 * self._pause, MOST_SECONDS)
        self._next = now + self._pause
        return True

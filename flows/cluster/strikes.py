"""When a worker has failed too often in a row to be trusted with another clip. Pure."""

from __future__ import annotations

STRIKES = 3


class Strikes:
    """Counts failures since the last success: different clips, and starts that came to nothing.

    The same clip failing again is the clip's fault, not the worker's, so it counts once.
    """

    def __init__(self) -> None:
        self._clips: set[str] = set()
        self._starts = 0
        self.last = ""

    @property
    def out(self) -> bool:
        """Whether the worker should not be used any more."""
        return len(self._clips) + self._starts >= STRIKES

    def add(self, fingerprint: str | None, reason: str) -> int:
        """A failure on a clip, or (None) of a start. Returns how many count now."""
        self.last = reason
        if fingerprint is None:
            self._starts += 1
        else:
            self._clips.add(fingerprint)
        return len(self._clips) + self._starts

    def clear(self) -> None:
        """A clip was finished: all is forgiven."""
        self._clips.clear()
        self._starts = 0

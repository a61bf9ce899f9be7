"""How long a worker may say nothing before it is gone, or hangs. Pure: whoever asks says the time, in seconds."""

from __future__ import annotations

GONE_SECONDS = 20.0
"""A machine that has not answered for so long is gone: Ray itself takes more than a minute to say so."""
LEAST_SILENCE_SECONDS, SILENCE = 200.0, 5.0
"""A worker that answers may say nothing new for so many times what its clip should take in all, and always for so
long: a store that cannot be reached is waited for nearly as long."""
LEAST_DEAFNESS_SECONDS, DEAFNESS = 60.0, 1.0
"""The same of a worker whose process does not answer at all, though its machine does: it is frozen, or very busy."""


class Silence:
    """Of a worker that renders a clip which should take `estimated` seconds; never longer than `most`."""

    def __init__(self, estimated: float, most: float, now: float) -> None:
        self._estimated, self._most = estimated, most
        self._there = self._answered = self._spoke = now
        self._silent = min(most, max(LEAST_SILENCE_SECONDS, SILENCE * estimated))
        self._deaf = min(most, max(LEAST_DEAFNESS_SECONDS, DEAFNESS * estimated))

    def answered(self, now: float, *, said: bool) -> None:
        """The process has; with something new, if it `said` anything."""
        self._there = self._answered = now
        self._spoke = now if said else self._spoke

    def machine_answered(self, now: float) -> None:
        """Its machine has, and the process not."""
        self._there = now

    def too_long(self, now: float) -> str | None:
        """Why it is given up; None: it is not."""
        if now - self._there > GONE_SECONDS:
            return f"its machine has not answered for {GONE_SECONDS:g} s"
        if now - self._answered > self._deaf:
            return f"its process has not answered for {self._deaf:g} s{self._because(self._deaf)}"
        if now - self._spoke > self._silent:
            return f"it said nothing for {self._silent:g} s{self._because(self._silent)}"
        return None

    def _because(self, allowed: float) -> str:
        if allowed == self._most:
            return " (cluster.silence_timeout)"
        return f", and its clip should take {self._estimated:.0f} s in all"

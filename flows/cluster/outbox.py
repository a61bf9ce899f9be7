"""What is told of one film, until its driver has taken it. Guarded by the dispatcher's lock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from flows.events import Event


@dataclass(frozen=True, slots=True)
class Told:
    """What happened since the driver last asked, and the number to ask from the next time. `called_off`: somebody has
    ended the film."""

    events: tuple[Event, ...]
    after: int
    called_off: bool = False


class Outbox:
    """Events are kept until the driver asks from a later number on: an answer that was lost is given again."""

    def __init__(self) -> None:
        self.called_off = False
        self._events: deque[Event] = deque()
        self._first = 0

    def put(self, event: Event) -> None:
        self._events.append(event)

    def has(self, after: int) -> bool:
        """Whether there is something from that number on."""
        return self._first + len(self._events) > after

    def take(self, after: int) -> Told:
        """What there is from that number on; what came before is forgotten."""
        while self._first < after and self._events:
            self._events.popleft()
            self._first += 1
        return Told(tuple(self._events), self._first + len(self._events), self.called_off)

"""An observer that tells a film to the process that follows it: of a film whose run was there before it."""

from __future__ import annotations

from flows.events import Event
from flows.film.making import Making
from flows.film.observer import Run
from flows.runs.messages import Ended, Message
from flows.runs.outbox import Outbox
from flows.runs.telling import Telling


class Teller:
    """An `Observer`. The film's end is kept back, `last`: something is done with the film before it is over."""

    def __init__(self, outbox: Outbox, run: Run) -> None:
        self.trouble: str | None = None
        self.last: Message | None = None
        self._outbox = outbox
        self._run = run
        self._telling: Telling | None = None

    def start(self) -> None:
        """Who follows is there already."""

    def begin(self, making: Making) -> None:
        """What is made."""
        self._telling = Telling(making)
        self._outbox.say(*self._telling.opening())

    def tell(self, event: Event) -> None:
        """Never waits."""
        assert self._telling is not None, "begun"
        self._outbox.say(*self._telling.of(event))

    def end(self, making: Making, error: BaseException | None) -> None:
        """All but the last word."""
        assert self._telling is not None, "begun"
        for message in self._telling.closing(error):
            if isinstance(message, Ended) and not message.take:
                self.last = message
            else:
                self._outbox.say(message)

    def run(self, *, patient: bool = True) -> Run:
        """The one that was there."""
        return self._run

    def close(self) -> None:
        """Nothing is open."""

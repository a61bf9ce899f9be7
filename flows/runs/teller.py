"""Observers that tell what is made to the process that follows it: of a film or a batch whose run was there before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

from flows.batch.events import BatchEvent
from flows.batch.making import BatchMaking
from flows.events import Event
from flows.film.making import Making
from flows.film.observer import Run
from flows.runs.batch import BatchTelling
from flows.runs.messages import Ended, Message
from flows.runs.outbox import Outbox
from flows.runs.reporter import Made, Tells, Told
from flows.runs.telling import Telling


class Tellers(Generic[Made, Told]):
    """An observer of what is made. Its end is kept back, `last`: something is done with it before it is over."""

    watches_idle = True
    troubles: Sequence[str] = ()

    def __init__(self, telling: Callable[[Made], Tells[Told]], outbox: Outbox, run: Run) -> None:
        self.last: Message | None = None
        self._tells = telling
        self._outbox = outbox
        self._run = run
        self._telling: Tells[Told] | None = None

    def start(self) -> None:
        """Who follows is there already."""

    def begin(self, making: Made) -> None:
        """What is made."""
        self._telling = self._tells(making)
        self._outbox.say(*self._telling.opening())

    def tell(self, event: Told) -> None:
        """Never waits."""
        assert self._telling is not None, "begun"
        self._outbox.say(*self._telling.of(event))

    def end(self, making: Made, error: BaseException | None) -> None:
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


class Teller(Tellers[Making, Event]):
    """An `Observer` of a film."""

    def __init__(self, outbox: Outbox, run: Run) -> None:
        super().__init__(Telling, outbox, run)


class BatchTeller(Tellers[BatchMaking, BatchEvent]):
    """A `BatchObserver`."""

    def __init__(self, outbox: Outbox, run: Run) -> None:
        super().__init__(BatchTelling, outbox, run)

"""Who watches a batch being made; as of a film (`flows.film.observer`), it is told, and decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from flows.batch.events import BatchEvent
from flows.film.observer import Run

if TYPE_CHECKING:
    from flows.batch.making import BatchMaking


class BatchObserver(Protocol):
    """Told in this order, by one thread. `watches_idle`: also of a batch of which every film is there already."""

    watches_idle: bool

    def start(self) -> None:
        """A batch is about to be made. Raises UserError when what a person said about the observer is plainly wrong."""

    def begin(self, making: BatchMaking) -> None:
        """It begins."""

    def tell(self, event: BatchEvent) -> None:
        """After `making` has taken note of it."""

    def end(self, making: BatchMaking, error: BaseException | None) -> None:
        """The films are made as far as they can be, or are not because of `error`."""

    def run(self, *, patient: bool = True) -> Run:
        """An empty one if it is not known; if `patient`, only after a wait."""

    def close(self) -> None:
        """The last call, whatever came before it."""

    @property
    def troubles(self) -> Sequence[str]:
        """What went wrong with watching and telling, each once, in words for the person. What was said stays."""


class Unwatched:
    """Nobody watches."""

    troubles: Sequence[str] = ()
    watches_idle = False

    def start(self) -> None: ...

    def begin(self, making: BatchMaking) -> None: ...

    def tell(self, event: BatchEvent) -> None: ...

    def end(self, making: BatchMaking, error: BaseException | None) -> None: ...

    def run(self, *, patient: bool = True) -> Run:
        """None."""
        return Run()

    def close(self) -> None: ...

"""Who watches a film being made. An observer is told what happens and decides nothing: whatever becomes of it, the film
is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flows.events import Event

if TYPE_CHECKING:
    from flows.film.making import Making


@dataclass(frozen=True, slots=True)
class Run:
    """Where the observer keeps what it was told: an identifier, and the page that shows it."""

    id: str = ""
    url: str = ""


class Observer(Protocol):
    """Told in this order, by one thread. Nothing here waits for anybody, but `begin`, `run` and `close` for a while."""

    def start(self) -> None:
        """A film is about to be made. Raises UserError when what a person said about the observer is plainly wrong."""

    def begin(self, making: Making) -> None:
        """Rendering begins. Raises UserError as `start` does, if it took longer to find."""

    def tell(self, event: Event) -> None:
        """Of the pool, after `making` has taken note of it."""

    def end(self, making: Making, error: BaseException | None) -> None:
        """The film is made, or is not because of `error`."""

    def run(self, *, patient: bool = True) -> Run:
        """An empty one if it is not known; if `patient`, only after a wait."""

    def close(self) -> None:
        """The last call, whatever came before it."""

    @property
    def troubles(self) -> Sequence[str]:
        """What went wrong with watching and telling, each once, in words for the person. What was said stays."""


class Unobserved:
    """Nobody watches."""

    troubles: Sequence[str] = ()

    def start(self) -> None: ...

    def begin(self, making: Making) -> None: ...

    def tell(self, event: Event) -> None: ...

    def end(self, making: Making, error: BaseException | None) -> None: ...

    def run(self, *, patient: bool = True) -> Run:
        """None."""
        return Run()

    def close(self) -> None: ...

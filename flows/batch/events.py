"""What is told while a batch is made: what happens to clips, and what becomes of films."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flows.batch.manifest import State
from flows.events import Event


@dataclass(frozen=True, slots=True)
class FilmNews:
    """A film is in another state; `seconds` of work and `message` of one that has ended."""

    film: str
    row: int
    state: State
    seconds: float = 0.0
    message: str = ""


BatchEvent: TypeAlias = Event | FilmNews

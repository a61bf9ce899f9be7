"""What happens while a batch is made, as lines for programs (`--events`) and warnings for people."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import BinaryIO

from flows.batch.events import BatchEvent, FilmNews
from flows.batch.plan import BatchPlan
from flows.cli.document import print_document
from flows.cli.events import BatchFilmEvent, Where, as_line, clip_places
from flows.cli.outcome import say
from flows.events import BudgetLow, Log


def printer(plan: BatchPlan, stdout: BinaryIO) -> Callable[[BatchEvent], None]:
    """What hears the events of a batch, and prints them."""
    films: dict[str, str] = {}
    places: dict[str, Where] = {}
    for planned in plan.films:
        for name, place in clip_places(planned.plan).items():
            if name not in places:
                places[name], films[name] = place, planned.name

    def show(event: BatchEvent) -> None:
        if isinstance(event, FilmNews):
            print_document(film_line(event), line=True, to=stdout)
        else:
            whose = {"film": (event.film or None) if isinstance(event, BudgetLow) else films.get(event.fingerprint)}
            print_document({**as_line(event, places), **whose}, line=True, to=stdout)

    return show


def film_line(news: FilmNews) -> BatchFilmEvent:
    """A film in another state."""
    return {
        "event": "film",
        "film": news.film,
        "row": news.row,
        "state": news.state,
        "seconds": round(news.seconds, 3),
        "message": news.message,
    }


def warner(plan: BatchPlan) -> Callable[[BatchEvent], None]:
    """What says on stderr what concerns all films, and which cannot be made."""

    def warn(event: BatchEvent) -> None:
        if isinstance(event, FilmNews) and event.state == "failed":
            say(f"{plan.named(event.row, event.film)}: {event.message}")
        elif isinstance(event, Log) and not event.fingerprint and event.level >= logging.WARNING:
            say(event.message)

    return warn

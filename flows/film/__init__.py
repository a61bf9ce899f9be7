"""Making a film of a plan: one Prefect flow run a film, one task run a take. The only place that knows Prefect.

`make_film` renders what is new, edits the film, and writes its report. Everything is imported on first use: the
embedded server's process lives in this package too, and needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.film.make import make_film
    from flows.film.result import FilmResult

__all__ = ["FilmResult", "make_film"]


def __getattr__(name: str) -> Any:
    if name == "make_film":
        from flows.film.make import make_film

        return make_film
    if name == "FilmResult":
        from flows.film.result import FilmResult

        return FilmResult
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

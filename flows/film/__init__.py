"""Making a film of a plan: what is new is rendered, the film edited, its report written. Knows no vendor.

`make_film` does it, and tells an `Observer`. Everything is imported on first use: `flows --help` needs none of it.
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

"""Films' runs in Prefect, the only place that knows it: one flow run a film, one task run a take.

`run_film` makes a film and reports it. What reports is a process of its own (`process`), fed over a pipe (`reporter`);
the server it reports to is the person's (`named`) or one that all films of a user share (`server`, `serve`). Nothing is
imported before it is needed: processes of this package live on little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.runs.film import run_film

__all__ = ["run_film"]


def __getattr__(name: str) -> Any:
    if name == "run_film":
        from flows.runs.film import run_film

        return run_film
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

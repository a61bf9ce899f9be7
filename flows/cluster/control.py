"""What people do with a pool: look at it, and change what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flows.cluster.finding import ANSWER_SECONDS, keeper_of, pools, running_keeper
from flows.cluster.own import told
from flows.cluster.queue import Waiting
from flows.cluster.renderers import RendererSpec
from flows.cluster.session import RaySession
from flows.cluster.status import FilmStatus, PoolStatus
from flows.cluster.terms import keeper_name, terms_of
from flows.errors import EnvironmentProblem, UserError
from flows.settings import ClusterSettings
from flows.store import open_store
from wan.system.suggest import did_you_mean

DOWN_SECONDS = 30.0
"""What the workers of a pool may take to be ended."""


class PoolControl:
    """A pool that is there. All methods raise EnvironmentProblem when its keeper does not answer."""

    def __init__(self, session: RaySession, keeper: Any, name: str) -> None:
        self._session = session
        self._keeper = keeper
        self.name = name

    def status(self) -> PoolStatus:
        found: PoolStatus = self._asked(self._keeper.status.remote)
        return found

    def queue(self) -> tuple[Waiting, ...]:
        """Every clip that is not rendered yet, in the order it would be."""
        found: tuple[Waiting, ...] = self._asked(self._keeper.queue.remote)
        return found

    def film(self, named: str) -> FilmStatus:
        """The film of this title or identifier, or the only one whose identifier begins so. Raises UserError."""
        films = self.status().films
        found = [film for film in films if named in (film.film, film.title)] or [
            film for film in films if film.film.startswith(named)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            which = ", ".join(film.film for film in found)
            raise UserError(
                f"{named}: several films of the pool {self.name} are called so; name one by its id: {which}"
            )
        titles = [film.title for film in films]
        raise UserError(
            f"{named}: the pool {self.name} renders no such film; "
            f"{did_you_mean(named, titles, 'see wanflow pool status')}"
        )

    def hold(self, film: str, held: bool) -> None:
        """Begin nothing more of a film (of any: ""), or go on."""
        self._asked(lambda: self._keeper.hold.remote(film, held))

    def move(self, film: str, priority: int) -> None:
        """Give a film another priority."""
        self._asked(lambda: self._keeper.move.remote(film, priority))

    def cancel(self, film: str) -> None:
        """End the rendering of a film; what is finished is kept."""
        self._asked(lambda: self._keeper.cancel.remote(film))

    def drain(self) -> None:
        """Take no more films, and end when those that are there are done."""
        self._asked(self._keeper.drain.remote)

    def down(self) -> None:
        """End the pool now. Films that are being made wait for a new one, and start it."""
        try:
            self._asked(self._keeper.down.remote, DOWN_SECONDS)
        finally:
            self._session.end_named(keeper_name(self.name))

    def _asked(self, how: Callable[[], Any], seconds: float = ANSWER_SECONDS) -> Any:
        try:
            return self._session.ray.get(how(), timeout=seconds)
        except self._session.ray.exceptions.RayError as error:
            raise EnvironmentProblem(f"the pool {self.name} does not answer: {told(error)}") from error


@contextmanager
def running_pool(settings: ClusterSettings) -> Iterator[PoolControl]:
    """The pool that `cluster.pool` names. Raises EnvironmentProblem when there is none."""
    with _session(settings) as session:
        yield PoolControl(session, running_keeper(session, settings.pool), settings.pool)


@contextmanager
def started_pool(settings: ClusterSettings, renderer: RendererSpec, store_address: str | None) -> Iterator[PoolControl]:
    """The pool, started if it is not there, which stays until it is ended. Raises EnvironmentProblem."""
    open_store(store_address).check(writing=True)
    with _session(settings) as session:
        terms = terms_of(settings, renderer, store_address, session.nodes())
        keeper = keeper_of(session, terms, lambda: False)
        session.ray.get(keeper.stay.remote(renderer), timeout=ANSWER_SECONDS)
        yield PoolControl(session, keeper, settings.pool)


def all_pools(settings: ClusterSettings) -> tuple[str, ...]:
    """Names of the pools of a cluster."""
    with _session(settings) as session:
        return pools(session)


@contextmanager
def _session(settings: ClusterSettings) -> Iterator[RaySession]:
    session = RaySession(settings)
    try:
        yield session
    finally:
        session.close()

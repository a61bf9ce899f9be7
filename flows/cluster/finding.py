"""Finding the keeper of a pool, or starting it: the first film does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flows.cluster.keeper import Keeper
from flows.cluster.own import told
from flows.cluster.session import NAMESPACE, RaySession
from flows.cluster.terms import KEEPER, Terms, check_versions, keeper_name
from flows.errors import EnvironmentProblem, Stopped

START_SECONDS = 60.0
"""What a keeper may take to start."""
ANSWER_SECONDS = 30.0
"""What it may take to answer once it runs."""
LISTENERS = 256
"""Films and people that a keeper can have open questions of at once."""
LOOK_SECONDS = 0.5


class NoPool(EnvironmentProblem):
    """There is no pool of that name."""


def keeper_of(
    session: RaySession, terms: Terms, stopped: Callable[[], bool], say: Callable[[str], None] = lambda text: None
) -> Any:
    """The keeper's handle, of one that takes films like ours. Started if there is none; one that has just ended, or is
    being drained, is waited for, and the latter said. Raises EnvironmentProblem, Stopped."""
    waiting = False
    deadline = time.monotonic() + START_SECONDS
    while True:
        if stopped():
            raise Stopped("stopped")
        handle = _got(session, terms)
        try:
            if terms.own or _takes_films(session.ray, handle, terms):
                return handle
            if not waiting:
                say(f"the pool {terms.name} takes no more films; waiting until those that it has are done")
            waiting = True
        except session.ray.exceptions.RayError as error:
            if time.monotonic() > deadline:
                raise EnvironmentProblem(f"the pool {terms.name} does not answer: {told(error)}") from error
        time.sleep(LOOK_SECONDS)


def running_keeper(session: RaySession, name: str) -> Any:
    """The handle of a keeper that is there. Raises NoPool, EnvironmentProblem when its software differs from ours."""
    try:
        handle = session.ray.get_actor(keeper_name(name), namespace=NAMESPACE)
        check_versions(name, session.ray.get(handle.versions.remote(), timeout=ANSWER_SECONDS))
    except (ValueError, session.ray.exceptions.RayError) as error:
        raise NoPool(
            f"there is no pool {name} on this cluster\n    the first film starts it, or: wanflow pool up"
        ) from error
    return handle


def pools(session: RaySession) -> tuple[str, ...]:
    """Names of the pools of the cluster."""
    return tuple(name.removesuffix(KEEPER) for name in session.named("") if name.endswith(KEEPER))


def _got(session: RaySession, terms: Terms) -> Any:
    ray = session.ray
    where = {} if terms.own else {"resources": {"node:__internal_head__": 0.001}}  # it lives as long as the cluster
    return (
        ray.remote(Keeper)
        .options(
            name=terms.keeper,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            num_cpus=0,
            max_restarts=-1,
            max_task_retries=0,
            max_concurrency=LISTENERS,
            **where,
        )
        .remote(terms)
    )


def _takes_films(ray: Any, handle: Any, terms: Terms) -> bool:
    """Raises EnvironmentProblem when it is a pool of another kind, RayError when it has gone."""
    check_versions(terms.name, ray.get(handle.versions.remote(), timeout=START_SECONDS))
    ray.get(handle.terms.remote(), timeout=ANSWER_SECONDS).check(terms)
    takes: bool = ray.get(handle.takes_films.remote(), timeout=ANSWER_SECONDS)
    return takes

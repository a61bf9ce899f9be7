"""Asking for a film: a run of the deployment, on the server that the person names or on the embedded one.

Neither Prefect nor Ray nor torch is needed for it.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.errors import EnvironmentProblem, UserError
from flows.runs.named import named_server
from flows.runs.names import DEPLOYMENT, FLOW, POOL
from flows.runs.rest import Rest
from flows.runs.served import run_url

MOST_BYTES = 500_000
"""Of the parameters of a run; Prefect takes 512 KB."""
BEAT_SECONDS = 90
"""A worker that has said nothing for so long is gone."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The run, its page, and whether a machine serves films now."""

    run: str
    url: str
    served: bool


@contextmanager
def reached() -> Iterator[Rest]:
    """The Prefect server: the one that the person names, else the embedded one, which is started if need be.

    Raises EnvironmentProblem.
    """
    named = named_server()
    if named is not None:
        named.check()
        with Rest(named.url, named.client()) as rest:
            yield rest
        return
    if importlib.util.find_spec("prefect") is None:
        raise EnvironmentProblem(
            "no Prefect server is named: PREFECT_API_URL=http://HOST:4200/api\n"
            "    to have one of this machine's own, pip install 'wanflow[render]'"
        )
    from flows.runs.server import connect

    server = connect()
    try:
        server.wait()
        with Rest(server.url, server.client()) as rest:
            yield rest
    finally:
        server.close()


def submit(
    rest: Rest,
    title: str,
    *,
    storyboard: str,
    store: str,
    overrides: Sequence[str] = (),
    only: Sequence[str] = (),
    priority: int = 0,
    deadline: datetime | None = None,
    review: str = "",
    rows: Mapping[str, Any] | None = None,
) -> Submitted:
    """Ask for the film of a storyboard that was sent, or for a film for each of the `rows` of a table. Returns at once;
    arguments as of `request`. Raises as `check_takes`, and FlowsError where the server refuses it."""
    parameters = request(
        storyboard=storyboard,
        store=store,
        overrides=overrides,
        only=only,
        priority=priority,
        deadline=deadline,
        review=review,
        rows=rows,
    )
    deployment = check_takes(rest, parameters)
    asked = {"name": title, "parameters": parameters, "state": {"type": "SCHEDULED"}}
    run = str(rest.post(f"/deployments/{deployment['id']}/create_flow_run", asked)["id"])
    return Submitted(run, run_url(rest.url, run), is_served(rest))


def request(
    *,
    storyboard: str,
    store: str,
    overrides: Sequence[str] = (),
    only: Sequence[str] = (),
    priority: int = 0,
    deadline: datetime | None = None,
    review: str = "",
    rows: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The parameters of the deployed flow; `rows` are those that say what of a table."""
    return {
        "storyboard": storyboard,
        "overrides": list(overrides),
        "only": list(only),
        "priority": priority,
        "deadline": deadline.isoformat() if deadline else None,
        "store": store,
        **({"review": review} if review else {}),
        **(rows or {}),
    }


def check_takes(rest: Rest, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Whether films would be made of these parameters, whatever storyboard and store they name: known before anything
    is sent. The deployment. Raises EnvironmentProblem when no machine has offered to make films, or one that knows
    less, and UserError for too many overrides."""
    check_length(parameters)
    deployment = offered(rest)
    check_knows(rest, deployment, parameters)
    return deployment


def check_length(parameters: Mapping[str, Any]) -> None:
    """Raises UserError for overrides that are too many."""
    if len(json.dumps(parameters)) > MOST_BYTES:
        raise UserError("the overrides are too long to be sent; write them into the storyboard")


def offered(rest: Rest) -> dict[str, Any]:
    """The deployment, as the server has it. Raises EnvironmentProblem when no machine has offered to make films."""
    deployment: dict[str, Any] | None = rest.get(f"/deployments/name/{FLOW}/{DEPLOYMENT}")
    if deployment is None:
        raise EnvironmentProblem(
            f"no machine has offered to make films at {rest.url}\n    on one that can: wanflow serve"
        )
    return deployment


def check_knows(rest: Rest, deployment: Mapping[str, Any], parameters: Collection[str]) -> None:
    """Raises EnvironmentProblem where films were offered by a wanflow that does not know one of these parameters."""
    known = deployment["parameter_openapi_schema"].get("properties", {})
    if any(name not in known for name in parameters):
        raise EnvironmentProblem(
            f"the machine that serves films at {rest.url} has an older wanflow, which knows less\n"
            "    upgrade it, and start wanflow serve again"
        )


def is_served(rest: Rest) -> bool:
    """Whether a machine has said a short while ago that it serves films."""
    since = datetime.now(UTC) - timedelta(seconds=BEAT_SECONDS)
    workers = rest.post(f"/work_pools/{POOL}/workers/filter", {}) or []
    beats = [worker["last_heartbeat_time"] for worker in workers]
    return any(datetime.fromisoformat(beat) > since for beat in beats if beat)

"""What a machine that serves films has on the Prefect server: a work pool, the deployment, and who finds lost runs."""

from __future__ import annotations

from typing import Any

from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker

from flows.runs.deployed import film
from flows.runs.names import AUTOMATION, DEPLOYMENT, ENTRYPOINT, FLOW, POOL
from flows.runs.rest import Rest
from flows.runs.schedules import plan_runs

SILENCE_SECONDS = 540
"""Three times what lies between two signs of life of a run: after that its machine is gone."""
LOST = (
    "Nothing was heard of this run for {minutes:g} minutes: its machine is gone. What was rendered is in the store: "
    "retry the run, or send it again, and it goes on from there."
)


def offer(rest: Rest, *, silence: int | None = SILENCE_SECONDS) -> str:
    """Make what is not there, and bring the deployment up to date. Returns the deployment's id.

    `silence` in seconds; None: the server runs no automations. Raises EnvironmentProblem, FlowsError.
    """
    if rest.get(f"/work_pools/{POOL}") is None:
        rest.post("/work_pools/", _pool())
    deployment = _deployed(rest)
    if silence is not None:
        _watch_silence(rest, deployment, silence)
    return deployment


def _deployed(rest: Rest) -> str:
    """Brought up to date in place, and only if it is not: one that is made again loses its schedules, and one that is
    changed the runs that they have planned, which are asked for again at once."""
    found = rest.get(f"/deployments/name/{FLOW}/{DEPLOYMENT}")
    if found is None:
        flow = rest.post("/flows/", {"name": film.name})
        return str(rest.post("/deployments/", {"flow_id": flow["id"], "name": DEPLOYMENT, **_deployment()})["id"])
    wanted = _deployment()
    if any(found[key] != value for key, value in wanted.items()):
        rest.patch(f"/deployments/{found['id']}", wanted)
        plan_runs(rest, found["id"])
    return str(found["id"])


def _pool() -> dict[str, Any]:
    return {
        "name": POOL,
        "type": ProcessWorker.type,
        "description": "Machines that make films: `wanflow serve`.",
        "base_job_template": ProcessWorker.get_default_base_job_template(),
    }


def _deployment() -> dict[str, Any]:
    """All that another tool may have set otherwise: where its code would be fetched from is known here alone."""
    return {
        "description": film.description,
        "work_pool_name": POOL,
        "entrypoint": ENTRYPOINT,
        "parameter_openapi_schema": parameter_schema(film).model_dump(),
        "enforce_parameter_schema": True,
        "path": None,
        "pull_steps": None,
    }


def _watch_silence(rest: Rest, deployment: str, seconds: int) -> None:
    """A run that gave signs of life and gives none any more is set to Crashed by the server itself."""
    named = {"automations": {"name": {"any_": [AUTOMATION]}}}
    if rest.post("/automations/filter", named):
        return
    rest.post(
        "/automations/",
        {
            "name": AUTOMATION,
            "description": "A machine that was switched off cannot say that its films are not made any more.",
            "trigger": {
                "type": "event",
                "posture": "Proactive",
                "match": {"prefect.resource.id": "prefect.flow-run.*"},
                "match_related": {
                    "prefect.resource.role": "deployment",
                    "prefect.resource.id": f"prefect.deployment.{deployment}",
                },
                "for_each": ["prefect.resource.id"],
                "after": ["prefect.flow-run.heartbeat"],
                "expect": ["prefect.flow-run.*"],
                "threshold": 1,
                "within": seconds,
            },
            "actions": [
                {
                    "type": "change-flow-run-state",
                    "state": "CRASHED",
                    "message": LOST.format(minutes=seconds / 60),
                }
            ],
        },
    )

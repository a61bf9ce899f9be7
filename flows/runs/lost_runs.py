"""Runs that nobody follows any more, since their film's process or server was killed: found, and ended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import httpx

from flows.runs import alive
from flows.runs.rest import Rest

LOST = (
    "This run was followed no longer: the film's process or the Prefect server had ended. What was rendered is in the "
    "store (`wanflow history`); the same command goes on from there."
)
LOST_HERE = (
    "The process of this run was killed, or its machine was switched off. What was rendered is in the store: retry the "
    "run, or send it again, and it goes on from there."
)
_UNFINISHED = {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}
_FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def mark_crashed(api: str, *, started_before: float) -> None:
    """Set every unfinished run begun before that moment (seconds since 1970) to Crashed, with its task runs; not those
    that were submitted and have a process on this machine.

    Only for a server whose clients are all gone.
    """
    moment = datetime.fromtimestamp(started_before, UTC).isoformat()
    with Rest(api, httpx.Client(base_url=api, timeout=10, trust_env=False)) as rest:  # loopback: no proxy
        body = {"flow_runs": {**_UNFINISHED, "start_time": {"before_": moment}}, "sort": "ID_DESC"}
        for run in rest.all("/flow_runs/filter", body):
            if run["deployment_id"] is None or not alive.lives(run["id"]):
                _end(rest, run["id"], {"type": "CRASHED", "message": LOST})


def look_after(rest: Rest, ours: Collection[str]) -> None:
    """What became of runs that this machine makes and nobody follows: all but `ours`. Those whose process died are
    ended, those that a person cancels are told so."""
    for run in alive.noted():
        if run in ours:
            continue
        found = rest.get(f"/flow_runs/{run}")
        kind = found["state_type"] if found else None
        if alive.lives(run):
            if kind == "CANCELLING":
                alive.stop(run)
            continue
        if kind is not None and kind not in (*_FINAL, "SCHEDULED", "PAUSED"):
            how = "CANCELLED" if kind == "CANCELLING" else "CRASHED"
            _end(rest, run, {"type": how, "message": LOST_HERE})
        alive.forget(run)


def _end(rest: Rest, run: str, state: dict[str, Any]) -> None:
    """With its task runs, which come first: what is unfinished in a finished run is looked for by nobody."""
    of_run = {"flow_runs": {"id": {"any_": [run]}}, "task_runs": _UNFINISHED, "sort": "ID_DESC"}
    for task in rest.all("/task_runs/filter", of_run):
        rest.set_state(task["id"], state, of="task_runs")
    rest.set_state(run, state)

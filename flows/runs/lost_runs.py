"""Runs that nobody follows any more, since their film's process or server was killed: the next server ends them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

LOST = (
    "This run was followed no longer: the film's process or the Prefect server had ended. What was rendered is in the "
    "store (`wanflow history`); the same command goes on from there."
)
_UNFINISHED = {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}


def mark_crashed(api: str, *, started_before: float) -> None:
    """Set every unfinished run begun before that moment (seconds since 1970) to Crashed, with its task runs.

    Only for a server whose clients are all gone.
    """
    moment = datetime.fromtimestamp(started_before, UTC).isoformat()
    with httpx.Client(base_url=api, timeout=10, trust_env=False) as client:  # on the loopback address: no proxy
        runs = _post(client, "/flow_runs/filter", {"flow_runs": {**_UNFINISHED, "start_time": {"before_": moment}}})
        for run in runs:
            of_run = {"flow_runs": {"id": {"any_": [run["id"]]}}, "task_runs": _UNFINISHED}
            for task in _post(client, "/task_runs/filter", of_run):
                _crash(client, f"/task_runs/{task['id']}")
            _crash(client, f"/flow_runs/{run['id']}")


def _crash(client: httpx.Client, path: str) -> None:
    _post(client, f"{path}/set_state", {"state": {"type": "CRASHED", "message": LOST}, "force": True})


def _post(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(path, json=body)
    answer.raise_for_status()
    return answer.json()

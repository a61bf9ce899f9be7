"""Reviews of submitted films, seen from outside: whether a run waits, and how it is answered. Knows no Prefect."""

from __future__ import annotations

from typing import Any

from flows.errors import UserError
from flows.runs.names import WAITING
from flows.runs.rest import Rest
from flows.runs.served import run_url


def check_waits(rest: Rest, run: str) -> str | None:
    """The store of a run that waits for decisions, as it was asked for. Raises UserError for one that does not."""
    found = rest.get(f"/flow_runs/{run}")
    if found is None or "storyboard" not in found["parameters"]:
        raise UserError(f"there is no film with the run {run} at {rest.url}")
    if found["state_name"] != WAITING or found["state_type"] != "PAUSED":
        raise UserError(
            f"the run {run} waits for no decisions: it is {found['state_name'] or 'not begun'}\n"
            f"    see {run_url(rest.url, run)}"
        )
    store: str | None = found["parameters"].get("store") or None
    return store


def resume(rest: Rest, run: str, values: dict[str, Any]) -> None:
    """The run goes on with what was decided, as the form has it. Raises UserError when somebody was quicker."""
    answer = rest.post(f"/flow_runs/{run}/resume", {"run_input": values})
    if answer is None or answer["status"] != "ACCEPT":
        why = ((answer or {}).get("details") or {}).get("reason") or "it is gone"
        raise UserError(
            f"the run {run} has taken nothing of this: {why}\n"
            f"    somebody may have decided in the meantime: {run_url(rest.url, run)}"
        )

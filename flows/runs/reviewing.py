"""Reviews of submitted films, seen from outside: which runs wait, and how they are answered. Knows no Prefect.

How long a run waits, and what then becomes of it, is in the name of its form (`form_key`): who looks after all runs
that wait asks the server once. Prefect's own time-out would end the run.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flows.errors import FlowsError, UserError
from flows.review.form import APPROVE_ALL, REJECT
from flows.review.model import TIME_OUT
from flows.runs.names import POOL, WAITING
from flows.runs.rest import Rest
from flows.runs.served import run_url

FORM = "review-"
"""What keys of forms begin with."""
_KEY = re.compile(rf"{FORM}(?P<until>[0-9]+)-(?P<then>approve|reject)-[0-9a-f]{{32}}")


def form_key(until: str, then: str) -> str:
    """Of a new form; `until` in ISO 8601, empty: it waits without end."""
    seconds = round(datetime.fromisoformat(until).timestamp()) if until else 0
    return f"{FORM}{seconds}-{then}-{uuid.uuid4().hex}"


def late_answer(key: str, now: datetime) -> dict[str, Any] | None:
    """What is filled into that form when its time is up; None: it is not."""
    found = _KEY.fullmatch(key)
    if found is None or not int(found["until"]) or now.timestamp() < int(found["until"]):
        return None
    return {"who": TIME_OUT, "how": TIME_OUT, "film": APPROVE_ALL if found["then"] == "approve" else REJECT}


def answer_late(rest: Rest, now: datetime | None = None) -> list[str]:
    """Decide for people who have not decided in time, of all runs that wait. Returns those runs."""
    answered: list[str] = []
    for run in _waiting(rest):
        key = str(run["state"]["state_details"].get("pause_key"))
        values = late_answer(key, now or datetime.now(UTC))
        if values is None:
            continue
        try:
            resume(rest, run["id"], values)
            answered.append(run["id"])
        except FlowsError:  # a person was quicker, or it was cancelled
            continue
    return answered


def _waiting(rest: Rest) -> list[dict[str, Any]]:
    """All of them are known before the first is answered, which then is among them no more: others would move up."""
    body = {
        "flow_runs": {"state": {"name": {"any_": [WAITING]}, "type": {"any_": ["PAUSED"]}}},
        "work_pools": {"name": {"any_": [POOL]}},
        "sort": "ID_DESC",
    }
    return rest.all("/flow_runs/filter", body)


@dataclass(frozen=True, slots=True)
class Seen:
    """A run: the name that people see, and the store that it was asked to be made in (None: the machine's). `why`: it
    waits for no decisions, and what it does (empty: it waits)."""

    title: str
    store: str | None
    why: str


def look_up(rest: Rest, run: str) -> Seen:
    """Raises UserError for a run that is no film's."""
    found = rest.get(f"/flow_runs/{run}")
    if found is None or "storyboard" not in found["parameters"]:
        raise UserError(f"there is no film with the run {run} at {rest.url}")
    waits = found["state_name"] == WAITING and found["state_type"] == "PAUSED"
    state = found["state_name"] or "not begun"
    why = f"the run {run} waits for no decisions: it is {state}\n    see {run_url(rest.url, run)}"
    return Seen(found["name"], found["parameters"].get("store") or None, "" if waits else why)


def resume(rest: Rest, run: str, values: dict[str, Any]) -> None:
    """The run goes on with what was decided, as the form has it. Raises UserError when somebody was quicker."""
    answer = rest.post(f"/flow_runs/{run}/resume", {"run_input": values})
    if answer is None or answer["status"] != "ACCEPT":
        why = ((answer or {}).get("details") or {}).get("reason") or "it is gone"
        raise UserError(
            f"the run {run} has taken nothing of this: {why}\n"
            f"    somebody may have decided in the meantime: {run_url(rest.url, run)}"
        )

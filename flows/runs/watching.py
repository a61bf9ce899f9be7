"""What becomes of a run, seen from outside: its states, how much is done, how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flows.errors import EnvironmentProblem, FlowsError, RenderError, Stopped, UserError
from flows.runs.names import MISSED, REFUSED, REJECTED, SKIPPED
from flows.runs.rest import Rest

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 120.0
"""How long a server may be silent: the film is made meanwhile."""
_FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass(frozen=True, slots=True)
class Seen:
    """`state` as people read it; `fraction` of the takes to render that are done, 0 to 1."""

    state: str
    fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is asked for: what its film is to be found by."""

    id: str
    title: str
    store: str | None


def look_up(rest: Rest, run: str) -> Run:
    """Raises UserError when there is no such run, or it is none of a film."""
    found = rest.get(f"/flow_runs/{run}")
    if found is None or "storyboard" not in found["parameters"]:
        raise UserError(f"there is no film with the run {run} at {rest.url}")
    return Run(run, found["name"], found["parameters"].get("store"))


def watch(rest: Rest, run: str) -> Iterator[Seen]:
    """What changes, until the film is made. Raises what the film has failed with: UserError, RenderError, Stopped."""
    before: Seen | None = None
    heard = time.monotonic()
    while True:
        try:
            found = rest.get(f"/flow_runs/{run}")
            seen = Seen(_words(found), _fraction(rest, run)) if found else None
            heard = time.monotonic()
        except EnvironmentProblem:
            if time.monotonic() - heard > PATIENCE_SECONDS:
                raise
            time.sleep(LOOK_SECONDS)
            continue
        if found is None or seen is None:
            raise FlowsError(f"the run {run} was deleted")
        if seen != before:
            yield seen
            before = seen
        if found["state_type"] in _FINAL:
            _check(found)
            return
        time.sleep(LOOK_SECONDS)


def _words(found: dict[str, Any]) -> str:
    match found["state_type"]:
        case "SCHEDULED" | "PENDING":
            return "waits"
        case "RUNNING":
            return "is made"
        case "PAUSED":
            return f"waits for decisions: wanflow review {found['id']}"
        case "CANCELLING":
            return "is cancelled"
        case _:
            return str(found["state_name"]).lower()


def _fraction(rest: Rest, run: str) -> float:
    """The bar of the film, which is drawn when rendering takes a while."""
    of_run = {"flow_run_id": {"any_": [run]}, "type": {"any_": ["progress"]}}
    bars = rest.post("/artifacts/filter", {"artifacts": of_run, "sort": "UPDATED_DESC"}) or []
    return max((float(bar["data"]) / 100 for bar in bars if not bar.get("task_run_id")), default=0.0)


def _check(found: dict[str, Any]) -> None:
    """Raises what a render here would have raised."""
    state = found["state"]
    message = state.get("message") or f"the run ended as {state['name']}"
    match state["type"]:
        case "COMPLETED":
            return
        case "CANCELLED" if state["name"] in (MISSED, SKIPPED, REJECTED):
            raise FlowsError(message)
        case "CANCELLED":
            raise Stopped("the film was cancelled; what is finished is kept, and sent again it goes on from there")
        case "FAILED" if state["name"] == REFUSED:
            raise UserError(message)
        case "FAILED":
            raise RenderError(message)
        case _:
            raise FlowsError(message)

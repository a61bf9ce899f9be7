"""The flow run of a film that people review: suspended with a form, its process gone, until the form is filled in."""

from __future__ import annotations

import json
from typing import Any, NoReturn, cast
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRunInput, State
from prefect.exceptions import Pause
from prefect.input.actions import create_flow_run_input, delete_flow_run_input, filter_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from prefect.states import Paused
from prefect.utilities.engine import propose_state_sync

from flows.runs.flow import run_id
from flows.runs.messages import Asked
from flows.runs.names import WAITING
from flows.runs.reviewing import FORM, form_key

_RESPONSE = "-response"
_MOST_FORMS = 1000
"""Forms, descriptions and answers of one run."""


def suspend(asked: Asked, message: str) -> NoReturn:
    """Ends the process of the run that we are in. Who fills in the form, in the UI or elsewhere, has it begun again.

    What it shows is there before the state is: who sees that the run waits can answer. Prefect's own `suspend_flow_run`
    names the state itself, and lets the run fail when nobody answers.
    """
    key = form_key(asked.until, asked.on_timeout)
    keyset = keyset_from_base_key(key)
    create_flow_run_input(keyset["schema"], asked.schema)
    create_flow_run_input(keyset["description"], asked.description)
    details = {"run_input_keyset": keyset}
    state: State[Any] = Paused(name=WAITING, reschedule=True, pause_key=key, message=message, state_details=details)
    with get_client(sync_client=True) as client:
        state = propose_state_sync(client, state, flow_run_id=UUID(run_id()))
    if not state.is_paused():
        raise RuntimeError(f"the run cannot wait for decisions: it is {state.name}")
    raise Pause(state=state)


def answer() -> str:
    """What was filled in since the run was suspended, as JSON; empty: nothing."""
    found = _answers()
    return json.dumps(found[-1].decoded_value) if found else ""


def forget_answer() -> None:
    """It was taken, or refused: the next one is another."""
    for each in _answers():
        delete_flow_run_input(each.key)


def _answers() -> list[FlowRunInput]:
    kept = cast("list[FlowRunInput]", filter_flow_run_input(FORM, limit=_MOST_FORMS))
    return [each for each in kept if each.key.endswith(_RESPONSE)]

"""How a take has ended, in Prefect's words."""

from __future__ import annotations

import pytest
from prefect.client.schemas.objects import StateType

from flows.runs.messages import End, Ended
from flows.runs.tasks import as_state, take


@pytest.mark.parametrize(
    ("how", "kind", "name"),
    [
        ("completed", StateType.COMPLETED, "Completed"),
        ("cached", StateType.COMPLETED, "Cached"),
        ("failed", StateType.FAILED, "Failed"),
        ("cancelled", StateType.CANCELLED, "Cancelled"),
        ("crashed", StateType.CRASHED, "Crashed"),
    ],
)
def test_every_end_has_a_state_with_its_message(how: End, kind: StateType, name: str) -> None:
    state = as_state(Ended("river.launch", how, "why"))
    assert (state.type, state.name, state.message) == (kind, name, "why")


def test_prefect_tries_no_take_again_and_keeps_none() -> None:
    assert (take.retries, take.persist_result) == (0, False)

"""In which order films that wait are begun."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from flows.runs.worker import _turn


def waiting(name: str, at: int = 0, **parameters: Any) -> Any:
    asked = datetime(2026, 1, 1, 12, at, tzinfo=UTC)
    return SimpleNamespace(flow_run=SimpleNamespace(name=name, parameters=parameters, expected_start_time=asked))


@pytest.mark.parametrize("seed", range(5))
def test_the_greatest_priority_then_the_earliest_deadline_then_who_waits_longest(seed: int) -> None:
    films = [
        waiting("urgent", 5, priority=10),
        waiting("soon", 4, deadline="2026-01-01T13:00:00+00:00"),
        waiting("counted", 0, deadline_in="2h"),
        waiting("later", 3, deadline="2026-01-01T15:00:00+01:00", priority=0),
        waiting("first", 1),
        waiting("second", 2, priority=0, deadline=None),
        waiting("strange", 6, priority="high", deadline="when it is done"),
        waiting("idle", 0, priority=-1, deadline="2026-01-01T12:00:00+00:00"),
    ]
    shuffled = random.Random(seed).sample(films, len(films))
    names = [entry.flow_run.name for entry in sorted(shuffled, key=_turn)]
    assert names == ["urgent", "soon", "counted", "later", "first", "second", "strange", "idle"]

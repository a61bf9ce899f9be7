from __future__ import annotations

from contextlib import suppress

import pytest

from flows.cluster import stages
from flows.cluster.stages import Stages


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(stages.time, "perf_counter", lambda: now[0])
    return now


def test_a_stage_counts_while_it_runs_and_in_every_attempt(clock: list[float]) -> None:
    found = Stages()
    with found.stage("denoise"):
        clock[0] += 2
        assert found.seconds == {"denoise": 2}
    clock[0] += 50
    with suppress(ValueError), found.stage("denoise"):
        clock[0] += 3
        raise ValueError("half way")
    with found.stage("decode"):
        clock[0] += 1
    assert found.seconds == {"denoise": 5, "decode": 1}


def test_what_another_worker_took_is_added(clock: list[float]) -> None:
    found = Stages()
    with found.stage("encode"):
        clock[0] += 1
    found.add({"encode": 2.0, "denoise": 30.0})
    assert found.seconds == {"encode": 3, "denoise": 30}

"""A clock that never leaps."""

from __future__ import annotations

import time

import pytest

from flows.cluster.clock import steady


def test_it_is_the_time_of_day_and_goes_on() -> None:
    first = steady()
    assert abs(first - time.time()) < 60.0
    assert 0.0 <= steady() - first < 60.0


@pytest.mark.parametrize("leap", [3600.0, -3600.0])
def test_it_does_not_leap_with_the_machines(monkeypatch: pytest.MonkeyPatch, leap: float) -> None:
    first, wall = steady(), time.time()
    monkeypatch.setattr(time, "time", lambda: wall + leap)
    assert 0.0 <= steady() - first < 60.0

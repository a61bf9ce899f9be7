"""When it is said again that nothing happens."""

from __future__ import annotations

from flows.cluster.patience import Patience


def test_waiting_is_said_after_ten_seconds_and_then_ever_more_seldom() -> None:
    patience = Patience()
    said = [now for now in range(100, 300) if patience.due(True, float(now))]
    assert said == [110, 130, 170, 250]
    assert patience.since == 100


def test_a_wait_that_is_over_and_begins_again_is_a_new_one() -> None:
    patience = Patience()
    for now in range(100, 120):
        patience.due(True, float(now))
    assert not patience.due(False, 120.0)
    assert [now for now in range(200, 215) if patience.due(True, float(now))] == [210]
    assert patience.since == 200

"""When a worker is out."""

from __future__ import annotations

from flows.cluster.strikes import Strikes


def test_three_different_clips_in_a_row_are_too_many() -> None:
    strikes = Strikes()
    for name in "abc":
        assert not strikes.out
        strikes.add(name, "died")
    assert strikes.out
    assert strikes.last == "died"


def test_one_clip_that_fails_again_and_again_is_not_the_workers_fault() -> None:
    strikes = Strikes()
    for _ in range(5):
        strikes.add("a", "died")
    assert not strikes.out


def test_a_success_forgives_and_starts_that_come_to_nothing_count() -> None:
    strikes = Strikes()
    strikes.add("a", "died")
    strikes.clear()
    for _ in range(3):
        assert not strikes.out
        strikes.add(None, "no room")
    assert strikes.out

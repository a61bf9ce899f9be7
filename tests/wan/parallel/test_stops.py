from __future__ import annotations

import pytest

from wan.errors import Cancelled
from wan.parallel import stops
from wan.parallel.gang import Alone
from wan.parallel.layout import Layout
from wan.parallel.share import Share
from wan.parallel.stops import LONG_STEP, Stops
from wan.system.stop import is_heeded, look_for_stop


class Two(Alone):
    """A gang whose other member says what it is told to."""

    share = Share(Layout(guidance=2))

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.other = False

    def any(self, flag: bool) -> bool:
        self.asked.append(flag)
        return flag or self.other


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(stops.time, "perf_counter", lambda: self.now)


def test_who_renders_alone_is_asked_between_blocks_and_nobody_else() -> None:
    one = Stops(Alone(), lambda: True)
    assert one.before_step()
    with pytest.raises(Cancelled), one.within_step():
        look_for_stop()
    with Stops(Alone(), None).within_step():
        assert not is_heeded()


def test_a_member_hears_between_blocks_that_another_one_stops() -> None:
    gang = Two()
    run = Stops(gang, lambda: False)
    gang.other = True
    with pytest.raises(Cancelled), run.within_step():
        look_for_stop()
    assert gang.asked == [False]


def test_a_member_whom_nobody_can_stop_answers_all_the_same() -> None:
    gang = Two()
    with Stops(gang, None).within_step():
        look_for_stop()
    assert gang.asked == [False, False], "between the blocks, and whether the step was long"


def test_members_ask_each_other_inside_long_steps_and_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    gang, clock = Two(), Clock(monkeypatch)
    run, heeded = Stops(gang, lambda: False), []
    for seconds in (0.1, LONG_STEP + 1, 0.1, 0.1):
        with run.within_step():
            heeded.append(is_heeded())
            clock.now += seconds
    assert heeded == [True, False, True, False]


def test_a_step_that_is_long_for_one_member_is_long_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    gang, clock = Two(), Clock(monkeypatch)
    run = Stops(gang, lambda: False)
    for other in (True, False):
        gang.other = other
        with run.within_step():
            assert is_heeded()
            clock.now += 0.1

"""How long a worker may say nothing."""

from __future__ import annotations

import pytest

from flows.cluster.silence import GONE_SECONDS, Silence


@pytest.mark.parametrize(("estimated", "allowed"), [(0.0, 200), (50.0, 250), (900.0, 3600)])
def test_one_that_answers_may_be_silent_for_five_times_its_clip(estimated: float, allowed: int) -> None:
    silence = Silence(estimated, 3600.0, 0.0)
    for now in range(allowed + 1):
        silence.answered(float(now), said=False)
        assert silence.too_long(float(now)) is None
    silence.answered(allowed + 1.0, said=False)
    why = silence.too_long(allowed + 1.0)
    assert why is not None
    assert why.startswith(f"it said nothing for {allowed} s")
    silence.answered(allowed + 2.0, said=True)
    assert silence.too_long(allowed + 2.0) is None


@pytest.mark.parametrize(("estimated", "allowed"), [(0.0, 60), (900.0, 900), (5000.0, 3600)])
def test_one_that_does_not_answer_is_given_the_time_of_its_clip(estimated: float, allowed: int) -> None:
    silence = Silence(estimated, 3600.0, 0.0)
    silence.machine_answered(float(allowed))
    assert silence.too_long(float(allowed)) is None
    silence.machine_answered(allowed + 1.0)
    why = silence.too_long(allowed + 1.0)
    assert why is not None
    assert why.startswith(f"its process has not answered for {allowed} s")


def test_a_machine_is_gone_sooner_and_the_setting_is_named_where_it_decides() -> None:
    silence = Silence(900.0, 10.0, 0.0)
    assert silence.too_long(10.0) is None
    assert silence.too_long(11.0) == "its process has not answered for 10 s (cluster.silence_timeout)"
    assert silence.too_long(GONE_SECONDS + 1) == "its machine has not answered for 20 s"

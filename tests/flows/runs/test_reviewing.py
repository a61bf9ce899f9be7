from __future__ import annotations

from datetime import timedelta

from flows.review.form import APPROVE_ALL, REJECT
from flows.runs.reviewing import form_key, late_answer
from tests.flows.review.reviews import NOW


def test_the_key_of_a_form_says_until_when_it_waits_and_what_then() -> None:
    until = (NOW + timedelta(hours=8)).isoformat()
    for then, film in (("approve", APPROVE_ALL), ("reject", REJECT)):
        key = form_key(until, then)
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"), "as Prefect takes it"
        assert late_answer(key, NOW + timedelta(hours=7)) is None
        assert late_answer(key, NOW + timedelta(hours=8)) == {"who": "time-out", "how": "time-out", "film": film}
    assert form_key(until, "approve") != form_key(until, "approve")


def test_what_waits_without_end_and_what_is_not_ours_is_never_late() -> None:
    later = NOW + timedelta(days=10_000)
    assert late_answer(form_key("", "reject"), later) is None
    assert late_answer("somebody-elses", later) is None

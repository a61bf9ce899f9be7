from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx

from flows.review.form import APPROVE_ALL, REJECT
from flows.runs.rest import PAGE, Rest
from flows.runs.reviewing import answer_late, form_key, late_answer
from tests.flows.review.reviews import NOW

URL = "http://127.0.0.1:9"


class Waiting:
    """A server with runs that wait: it tells of a page at once, and whoever is answered waits no more."""

    def __init__(self, keys: dict[str, str]) -> None:
        self.keys, self.filled = keys, dict[str, Any]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if request.url.path == "/flow_runs/filter":
            names = sorted(self.keys)[body["offset"] :][: min(body["limit"], PAGE)]
            found = [{"id": name, "state": {"state_details": {"pause_key": self.keys[name]}}} for name in names]
            return httpx.Response(200, json=found)
        run = request.url.path.split("/")[2]
        del self.keys[run]
        self.filled[run] = body["run_input"]
        return httpx.Response(200, json={"status": "REJECT" if run == "0000" else "ACCEPT"})

    @property
    def rest(self) -> Rest:
        return Rest(URL, httpx.Client(base_url=URL, transport=httpx.MockTransport(self)))


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


def test_of_however_many_runs_each_that_is_late_is_answered() -> None:
    soon = form_key((NOW + timedelta(hours=1)).isoformat(), "approve")
    later = form_key((NOW + timedelta(hours=9)).isoformat(), "approve")
    keys = {f"{number:04}": later if number < PAGE or number % 2 else soon for number in range(5 * PAGE)}
    keys["0000"] = soon  # a person was quicker
    late = {run for run, key in keys.items() if key == soon and run != "0000"}
    server = Waiting(keys)
    with server.rest as rest:
        answered = answer_late(rest, NOW + timedelta(hours=2))
        assert len(answered) == 2 * PAGE
        assert set(answered) == late
        assert server.filled[answered[0]] == {"who": "time-out", "how": "time-out", "film": APPROVE_ALL}
        assert answer_late(rest, NOW + timedelta(hours=2)) == []

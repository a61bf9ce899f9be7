"""The process of a batch that people review: what it asks, what it takes, and when it goes on to the films."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from flows.batch.asked import Asked as AskedBatch
from flows.batch.make import BatchResult, make_batch
from flows.batch.plan import BatchPlan
from flows.review import form
from flows.review.form import APPROVE_ALL
from flows.review.history import sheet_of_run
from flows.runs.messages import Asked, Ended, Said
from flows.runs.order import Order
from flows.runs.outbox import Outbox
from flows.runs.reviewed import approved_batch
from flows.runs.reviewing import form_key, late_answer
from flows.store import open_store
from tests.flows.batch.reviews import batch, in_store, prepared


class Heard:
    """An outbox that is read here."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def say(self, *messages: object) -> None:
        self.said += messages

    @property
    def asked(self) -> Asked:
        return next(each for each in reversed(self.said) if isinstance(each, Asked))


def render(plan: BatchPlan, **given: Any) -> BatchResult:
    in_store(plan)
    return make_batch(plan, **given)


def run(asking: AskedBatch, heard: Heard, **answer: Any) -> BatchPlan | Ended:
    order = Order(storyboard="", run="r1", review="stills", answer=json.dumps(answer) if answer else "")
    return approved_batch(order, asking, cast("Outbox", heard), render)


def test_an_answer_is_taken_and_what_is_left_asked_again(tmp_path: Path) -> None:
    asking, heard = batch(tmp_path, "boat", "kite"), Heard()
    first = run(asking, heard)
    assert isinstance(first, Ended)
    reached = f"wanflow review r1 store.address={tmp_path / 'store'}"  # the run names no store
    assert (first.how, first.message) == ("waits", f"4 shots to decide, looking at stills: {reached}")
    assert set(heard.asked.schema["properties"]) == {"who", "film", "films_left_out", "decisions"} | {
        f"shot_{number}" for number in range(1, 5)
    }
    wrong = run(asking, heard, who="maria", films_left_out="boat, gone")
    assert isinstance(wrong, Ended)
    assert any(isinstance(each, Said) and "no film or shot" in each.text for each in heard.said)
    assert "**Not taken:**" in heard.asked.schema["properties"]["who"]["description"]
    no_file = run(asking, heard, who="maria", shot_1={"decision": "approve"}, decisions="end: 1")
    assert isinstance(no_file, Ended)
    wrong_there = heard.asked.schema["properties"]["who"]["description"]
    assert ("decisions:1:1" in wrong_there, "unknown key" in wrong_there) == (True, True)
    again = run(asking, heard, who="maria", films_left_out="boat")
    assert isinstance(again, Ended)
    assert [key for key in heard.asked.schema["properties"] if key.startswith("shot_")] == [
        "shot_1",
        "shot_2",
        "shot_3",
    ]
    made = run(asking, heard, who="jo", film=APPROVE_ALL)
    assert isinstance(made, BatchPlan)
    assert ([each.name for each in made.films], [each.film.name for each in made.left]) == (["kite"], ["boat"])


def test_a_batch_that_is_rejected_is_not_made(tmp_path: Path) -> None:
    asking, heard = batch(tmp_path, "boat"), Heard()
    run(asking, heard)
    ended = run(asking, heard, who="maria", decisions="reject: true")
    assert isinstance(ended, Ended)
    assert ended.how == "rejected"


def test_of_too_many_looks_the_form_asks_for_all_or_for_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "MOST_LOOKS", 5)
    asking, heard = batch(tmp_path, *(f"boat {number:03}" for number in range(5))), Heard()
    run(asking, heard)
    fields = heard.asked.schema["properties"]
    assert [*fields] == ["who", "film", "films_left_out", "decisions"]
    assert "more than 5 looks" in fields["decisions"]["description"]
    run(asking, heard, who="maria", decisions="shots: {opening: approve, end: approve, 'boat-003:own': take}")
    sheet = sheet_of_run(open_store(str(tmp_path / "store")), "r1")
    assert sheet is not None
    assert len([key for key in heard.asked.schema["properties"] if key.startswith("shot_")]) == 5


@pytest.mark.parametrize("then", ["reject", "approve"])
def test_when_time_is_up_films_that_are_decided_are_made(tmp_path: Path, then: str) -> None:
    asking = batch(tmp_path, "boat", "kite", overrides=["review.timeout=0.001s", f"review.on_timeout={then}"])
    heard = Heard()
    run(asking, heard)
    run(asking, heard, who="maria", decisions="shots: {boat: approve}")
    key = form_key(heard.asked.until, heard.asked.on_timeout)
    late = late_answer(key, datetime.now(UTC) + timedelta(seconds=2))
    assert late is not None
    made = run(asking, heard, **late)
    assert isinstance(made, BatchPlan)
    assert len(made.films) == (1 if then == "reject" else 2)
    after = prepared(asking, "stills")
    assert after.entries[-1].who == "time-out"
    assert [*after.open] == (["kite:all.own"] if then == "reject" else []), "nobody has rejected it: it is asked again"

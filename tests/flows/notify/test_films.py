"""What is said of the end of a film and of a batch."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flows.cost.spent import Spent
from flows.errors import RenderError, Stopped
from flows.events import Failed, Started
from flows.film.making import Waiting
from flows.notify.films import MOST_LOST, batch_message, film_message
from tests.flows.batch.makings import making_in


def film(**values: Any) -> Any:
    plan = SimpleNamespace(title="Spot")
    return SimpleNamespace(
        **({"plan": plan, "began": time.monotonic() - 65, "waiting": None, "spent": Spent()} | values)
    )


def test_what_it_used_and_cost_is_said_however_it_ended(tmp_path: Path) -> None:
    watches = SimpleNamespace(shown=[])
    spent = Spent(used_seconds=1230.0, failed_seconds=30.0, cost=1.2, currency="EUR")
    made = film(watches=watches, rendered=set(), film=Path("/f/film.mp4"), report=None, clips=(), spent=spent)
    words = "used 20 min 30 s of machine time, 1.20 EUR; of it wasted: failed 30 s"
    for message in (film_message(made, None), film_message(made, RenderError("one take"))):
        assert message is not None
        assert words in message.lines
    making = making_in(tmp_path)
    making.plan = replace(making.plan, films=making.plan.films[:1])
    making.meter.note(Started("a", "w", 1), 0.0)
    making.meter.note(Failed("a", "w", "fell", final=True), 90.0)
    for error in (None, RenderError("lost")):
        ended = batch_message(making, error, time.monotonic())
        assert ended is not None
        assert "used 1 min 30 s of machine time; of it wasted: failed 1 min 30 s" in ended.lines, "there is no price"


def test_a_film_is_made_fails_or_was_stopped() -> None:
    watches = SimpleNamespace(shown=[SimpleNamespace(take=SimpleNamespace(fingerprint=name)) for name in "abc"])
    made = film(watches=watches, rendered={"a"}, film=Path("/f/film.mp4"), report=None, clips=(), waiting=None)
    done = film_message(made, None)
    assert done is not None
    assert done.subject == "Spot is made"
    assert done.lines == ("1 take rendered, 2 from the store, after 1 min 05 s", "/f/film.mp4")
    asked = film_message(film(waiting=Waiting("2 shots to decide", "")), None)
    assert asked is not None
    assert (asked.subject, asked.lines[0]) == ("Spot waits for review", "2 shots to decide")
    failed = film_message(film(), RenderError("1 take was not rendered"))
    assert failed is not None
    assert (failed.kind, failed.lines[0]) == ("failed", "1 take was not rendered")
    assert film_message(film(), Stopped("stopped")) is None


def test_a_batch_is_told_by_what_is_missing(tmp_path: Path) -> None:
    making = making_in(tmp_path)
    boat, kite = making.entries
    boat.state = kite.state = "made"
    began = time.monotonic()
    done = batch_message(making, None, began)
    assert done is not None
    assert (done.subject, done.lines[0][:12]) == ("film-rows is made", "2 of 2 films")
    assert done.lines[-1] == str(tmp_path / "outputs" / "film-rows" / "index.html")
    kite.state, kite.error = "failed", "own: it broke"
    partly = batch_message(making, None, began)
    assert partly is not None
    assert (partly.kind, partly.lines[1]) == ("partly", "row 3 kite: failed: own: it broke")
    making.plan = replace(making.plan, table=None)
    sweep = batch_message(making, None, began)
    assert sweep is not None
    assert sweep.lines[1] == "kite: failed: own: it broke", "films of a sweep have no rows"
    boat.state = "failed"
    making.entries.extend([kite] * MOST_LOST)
    failed = batch_message(making, None, began)
    assert failed is not None
    assert (failed.kind, failed.lines[-2]) == ("failed", "and 2 more")
    assert batch_message(making, Stopped("stopped"), began) is None

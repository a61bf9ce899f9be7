"""What a run in Prefect shows of a batch: a task a film, one process for all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flows.batch.events import FilmNews
from flows.errors import Stopped
from flows.events import BudgetLow, Failed, Started
from flows.runs.batch import BatchTelling
from flows.runs.messages import Advanced, Began, Ended, Link, Opened, Page, Said, Told
from tests.flows.batch.makings import making_in


def test_a_batch_is_one_run_with_a_task_a_film(tmp_path: Path) -> None:
    making = making_in(tmp_path)
    telling = BatchTelling(making)
    opened, page = telling.opening()
    assert isinstance(opened, Opened)
    assert opened.title == "film-rows: 2 films"
    assert isinstance(page, Page)
    assert "| 3 | kite |" in page.markdown
    assert [*telling.of(FilmNews("boat", 2, "making"))] == [Began("boat")]
    low = BudgetLow("cost.cap.batch", 9.0, 10.0, "EUR")
    assert [*telling.of(low)] == [Told("budget", "cost.cap.batch: 9 of 10 EUR are spent or reserved")]
    making.entries[0].state = "failed"
    ended, advanced = telling.of(FilmNews("boat", 2, "failed", message="it broke"))
    assert ended == Ended("boat", "failed", "it broke")
    assert isinstance(advanced, Advanced)
    link, *said, end = telling.closing(None)
    assert isinstance(link, Link)
    assert [each.text for each in said if isinstance(each, Said)] == [
        "row 2 boat: failed: ",
        "row 3 kite: waiting: ",
    ]
    assert isinstance(end, Ended)
    assert (end.take, end.how) == ("", "failed"), "of none is there a film"
    making.entries[1].state = "made"
    partly = replace(end, how="partly", message=end.message.replace("0 of", "1 of"))
    assert [*telling.closing(None)][-1] == partly
    making.meter.note(Started("a", "w", 1), 0.0)
    making.meter.note(Failed("a", "w", "lost", final=False, lost=True), 90.0)
    used = "used 1 min 30 s of machine time; of it wasted: repeated 1 min 30 s"
    assert [*telling.closing(None)][-1] == replace(partly, message=f"{partly.message}\n{used}")


def test_films_under_way_when_it_is_stopped_are_cancelled(tmp_path: Path) -> None:
    telling = BatchTelling(making_in(tmp_path))
    assert [*telling.of(FilmNews("kite", 3, "making"))] == [Began("kite")]
    kite, _, end = telling.closing(Stopped("stopped"))
    assert isinstance(kite, Ended)
    assert (kite.take, kite.how) == ("kite", "cancelled")
    assert isinstance(end, Ended)
    assert end.how == "cancelled"

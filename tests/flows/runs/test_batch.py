"""What a run in Prefect shows of a batch: a task a film, one process for all of them."""

from __future__ import annotations

import queue
from pathlib import Path

from flows.batch.editing import Editors
from flows.batch.events import FilmNews
from flows.batch.film import begun
from flows.batch.making import BatchMaking
from flows.batch.manifest import Entry
from flows.batch.plan import plan_batch
from flows.errors import Stopped
from flows.film.survey import Survey
from flows.runs.batch import BatchTelling
from flows.runs.messages import Advanced, Began, Ended, Link, Opened, Page, Said
from flows.store import open_store
from tests.flows.batch.batches import asked, table


def making_in(folder: Path) -> BatchMaking:
    """Of two films of which nothing is in the store."""
    plan = plan_batch(asked(folder, table(["product"], ["boat"], ["kite"])), weights=False)
    entries = [Entry(name=each.name, row=each.film.row) for each in plan.films]
    store = open_store(str(folder / "store"))
    films = []
    for planned, entry in zip(plan.films, entries, strict=True):
        clips = planned.plan.clips
        surveyed = Survey({}, clips, frozenset())
        names = {clip.fingerprint: 1 for clip in clips}
        films.append(begun(planned, entry, store, surveyed, frozenset(names), names))
    inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
    editors = Editors(plan.settings, inbox)
    editors.stop()
    return BatchMaking(
        plan=plan,
        entries=entries,
        films=films,
        survey=Survey({}, plan.clips, frozenset()),
        inbox=inbox,  # type: ignore[arg-type]
        listening=None,
        editors=editors,
        on_event=lambda event: None,
        window=8,
    )


def test_a_batch_is_one_run_with_a_task_a_film(tmp_path: Path) -> None:
    making = making_in(tmp_path)
    telling = BatchTelling(making)
    opened, page = telling.opening()
    assert isinstance(opened, Opened)
    assert opened.title == "film-rows: 2 films"
    assert isinstance(page, Page)
    assert "| 3 | kite |" in page.markdown
    assert [*telling.of(FilmNews("boat", 2, "making"))] == [Began("boat")]
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
    assert (end.take, end.how) == ("", "failed")


def test_films_under_way_when_it_is_stopped_are_cancelled(tmp_path: Path) -> None:
    telling = BatchTelling(making_in(tmp_path))
    assert [*telling.of(FilmNews("kite", 3, "making"))] == [Began("kite")]
    kite, _, end = telling.closing(Stopped("stopped"))
    assert isinstance(kite, Ended)
    assert (kite.take, kite.how) == ("kite", "cancelled")
    assert isinstance(end, Ended)
    assert end.how == "cancelled"

"""Batches in the making, of which nothing is rendered."""

from __future__ import annotations

import queue
from pathlib import Path

from flows.batch.editing import Editors
from flows.batch.film import begun
from flows.batch.listening import Listening
from flows.batch.making import BatchMaking
from flows.batch.manifest import Entry
from flows.batch.plan import plan_batch
from flows.cost import Meter
from flows.film.healing import Healing
from flows.film.survey import Survey
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
        healing=Healing(store, plan.clips, {}),
        inbox=inbox,  # type: ignore[arg-type]
        listening=None,
        listen=_nothing_is_rendered,
        editors=editors,
        on_event=lambda event: None,
        window=8,
        meter=Meter(),
    )


def _nothing_is_rendered() -> Listening:
    raise AssertionError("of these films nothing is rendered")

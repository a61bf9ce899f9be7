"""What a worker says is put into the person's words, and what a film takes beside its clips is noted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flows.events import Event, Finished, Progress
from flows.film.making import Making
from flows.film.record import write_history
from flows.film.survey import Survey
from flows.ledger import read_overheads
from flows.ledger.overheads import start_key
from tests.flows.edit.films import ShotSpec, a_film


def finished(folder: Path, *, missing: bool = False) -> Making:
    """A film whose clips are there; of one that was not found, but rendered, its first clip is among the missing."""
    paint = lambda shot, take, frames: np.full((frames, 24, 32, 3), 90, np.uint8)  # noqa: E731
    plan, takes, store = a_film(folder, [ShotSpec("a.b", ((17, 0, 12),))], paint)
    heard: list[Event] = []
    return Making(
        plan=plan,
        shots=plan.shots,
        asked=(),
        store=store,
        folder=folder,
        survey=Survey(dict(takes), plan.clips[:1] if missing else (), frozenset()),
        pool=None,
        on_event=heard.append,
    )


def test_what_was_lost_on_the_way_is_missing_until_it_is_rendered_again(tmp_path: Path) -> None:
    making = finished(tmp_path)
    (clip,) = making.plan.clips
    record = making.records[clip.fingerprint]
    assert making.fraction == 1.0
    assert "a.b: its clip" in making.reopen(clip)
    assert (making.fraction, making.watches.takes[0].open) == (0.0, True)
    making.note(Finished(clip.fingerprint, record, cached=False))
    assert (making.fraction, making.watches.takes[0].open) == (1.0, False)


def test_how_long_start_and_edit_took_is_remembered(tmp_path: Path) -> None:
    making = finished(tmp_path)
    making.edit()
    assert making.start_seconds is not None
    assert making.edit_seconds is not None
    write_history(making, "run")
    known = read_overheads(making.store)
    assert known.edits is not None
    assert set(known.starts) == {start_key("tiny", "cpu", rendered=False)}


def test_an_edit_that_was_done_before_teaches_nothing(tmp_path: Path) -> None:
    finished(tmp_path).edit()
    again = finished(tmp_path)
    again.edit()
    assert again.film is not None
    assert again.edit_seconds is None


def test_a_film_is_under_way_with_the_first_work_on_a_clip(tmp_path: Path) -> None:
    making = finished(tmp_path, missing=True)
    for event in (Progress("", "ray", 1, 1), Progress("x", "load", 1, 1)):
        making.note(event)
        assert making.start_seconds is None
    making.note(Progress("x", "encode", 1, 1))
    began = making.start_seconds
    assert began is not None
    making.note(Progress("x", "denoise", 1, 4))
    assert making.start_seconds == began
